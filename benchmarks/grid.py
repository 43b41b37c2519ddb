"""What several workers bring, and how far the plan can be trusted: the grid of a paper in fresh clones.

Everything that the report of a paper needs is run: the data sets prepared, the arms trained and evaluated, the
notebook executed. Several workers and one take turns, with one thread each. The metrics have to be the same byte by
byte, and `dvc repro` has to find nothing to do afterwards but the inventory.

`python -m segloss plan` then predicts the time of several workers in the same clone: the stages that do not train count
with the time that they just took, and the trainings with what is measured for the plan.

Usage: python benchmarks/grid.py [--paper boundary] [--workers 2] [--rounds 3] [--serial-rounds 2] [--out FOLDER]
Writes grid.md.
"""

import re
import statistics
import tempfile
from pathlib import Path

import pages
from grid_runs import fresh_clone, grid_seconds, planned_seconds, results

from segloss.commands import dvc


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--paper", default="boundary", help="whose part of the phantom grid")
    parser.add_argument("--workers", type=int, default=2, help="beside one")
    parser.add_argument("--rounds", type=int, default=3, help="turns of several workers; medians count")
    parser.add_argument("--serial-rounds", type=int, default=2, help="turns of one worker")
    arguments = parser.parse_args()
    paper, workers = arguments.paper, arguments.workers
    serial: list[float] = []
    parallel: list[float] = []
    planned: list[float] = []
    found, left = [], set()
    with tempfile.TemporaryDirectory() as temporary:

        def grid(count: int) -> Path:
            clone = fresh_clone(Path(temporary) / "clone")
            (parallel if count > 1 else serial).append(grid_seconds(clone, paper, count))
            found.append(results(clone, paper))
            left.update(
                re.findall(r"Running stage '([^']+)'", dvc("repro", f"report@{paper}", folder=clone, capture=True))
            )
            return clone

        for number in range(arguments.rounds):
            planned.append(planned_seconds(grid(workers), paper, workers))
            if number < arguments.serial_rounds:
                grid(1)
    faster = statistics.median(serial) / statistics.median(parallel)
    error = statistics.median(abs(said / took - 1) for said, took in zip(planned, parallel, strict=True))
    same = all(metrics == found[0] for metrics in found)
    where = f"phantom, {paper}"
    rows = [
        (f"time with {workers} workers beside one", "at least 1.6 times as fast", f"{faster:.2f}", where),
        ("error of the planned time, median", "at most 35 %", f"{100 * error:.0f} %", f"{where}, {workers} workers"),
        ("metrics of all runs", "the same bytes", "the same" if same else "they differ", where),
        ("stages that `dvc repro` runs afterwards", "inventory", ", ".join(sorted(left)), where),
    ]
    lines = [f"Each run from a fresh clone; medians count. {pages.machine('cpu', 1)}.", "", *pages.findings(rows), ""]
    table = [(f"{workers}", f"{took:.0f}", f"{said:.0f}") for took, said in zip(parallel, planned, strict=True)]
    table += [("1", f"{took:.0f}", "") for took in serial]
    table_lines = pages.table(["workers", "measured, s", "planned, s"], table)
    pages.write(arguments.out, "grid", "The grid with several workers, and its plan", [*lines, *table_lines])


if __name__ == "__main__":
    main()
