"""How far the plan can be trusted: what `python -m segloss plan` predicts beside what the grid takes, in fresh clones.

The plan measures its epochs after the grid has run in the same clone: so the stages that do not train count with the
time that they just took, and the trainings with what was measured for the plan.

Usage: python benchmarks/plan_check.py [--paper boundary] [--workers 2] [--rounds 3] [--out reports/benchmarks]
Writes plan.md.
"""

import statistics
import tempfile
from pathlib import Path

import pages
from grid_runs import fresh_clone, grid_seconds, planned_seconds


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--paper", default="boundary", help="whose part of the phantom grid")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    pairs = []
    with tempfile.TemporaryDirectory() as temporary:
        for _ in range(arguments.rounds):
            clone = fresh_clone(Path(temporary) / "clone")
            took = grid_seconds(clone, arguments.paper, arguments.workers)
            pairs.append((planned_seconds(clone, arguments.paper, arguments.workers), took))
    error = statistics.median(abs(planned / took - 1) for planned, took in pairs)
    where = f"phantom, {arguments.paper}, {arguments.workers} workers"
    row = ("error of the predicted time, median", "at most 35 %", f"{100 * error:.0f} %", where)
    table = [(f"{planned:.0f}", f"{took:.0f}", f"{planned / took:.2f}") for planned, took in pairs]
    lines = [f"Each from a fresh clone. {pages.machine('cpu', 1)}.", "", *pages.findings([row]), ""]
    lines += pages.table(["predicted, s", "measured, s", "ratio"], table)
    pages.write(arguments.out, "plan", "The plan beside what the grid took", lines)


if __name__ == "__main__":
    main()
