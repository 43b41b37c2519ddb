"""What several workers bring: the grid with one and with two workers, one thread each, in fresh clones.

Everything that the report of a paper needs is run: the data sets prepared, the arms trained and evaluated, the
notebook executed. One worker and several take turns. The metrics have to be the same byte by byte, and `dvc repro` has
to find nothing to do afterwards but the inventory.

Usage: python benchmarks/grid.py [--paper boundary] [--workers 2] [--rounds 3] [--out reports/benchmarks]
Writes grid.md.
"""

import re
import statistics
import tempfile
from pathlib import Path

import pages
from grid_runs import fresh_clone, grid_seconds, results

from segloss.commands import dvc


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--paper", default="boundary", help="whose part of the phantom grid")
    parser.add_argument("--workers", type=int, default=2, help="beside one")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; medians count")
    arguments = parser.parse_args()
    counts = (1, arguments.workers)
    times: dict[int, list[float]] = {workers: [] for workers in counts}
    left: set[str] = set()
    with tempfile.TemporaryDirectory() as temporary:
        found = []
        for _ in range(arguments.rounds):
            for workers in counts:
                clone = fresh_clone(Path(temporary) / "clone")
                times[workers].append(grid_seconds(clone, arguments.paper, workers))
                found.append(results(clone, arguments.paper))
                said = dvc("repro", f"report@{arguments.paper}", folder=clone, capture=True)
                left |= set(re.findall(r"Running stage '([^']+)'", said))
    serial, parallel = (statistics.median(times[workers]) for workers in counts)
    same = all(metrics == found[0] for metrics in found)
    where = f"phantom, {arguments.paper}"
    rows = [
        (f"time with {counts[1]} workers beside one", "at least 1.6 times as fast", f"{serial / parallel:.2f}", where),
        ("metrics of all runs", "the same bytes", "the same" if same else "they differ", where),
        ("stages that `dvc repro` runs afterwards", "inventory", ", ".join(sorted(left)), where),
    ]
    lines = [f"Medians of {arguments.rounds} runs each, from fresh clones. {pages.machine('cpu', 1)}.", ""]
    lines += [*pages.findings(rows), ""]
    seconds = {count: [statistics.median(times[count]), *times[count]] for count in counts}
    table = [(str(count), *(f"{value:.0f}" for value in values)) for count, values in seconds.items()]
    heads = ["workers", "seconds", *(f"run {number + 1}" for number in range(arguments.rounds))]
    pages.write(arguments.out, "grid", "The grid with several workers", [*lines, *pages.table(heads, table)])


if __name__ == "__main__":
    main()
