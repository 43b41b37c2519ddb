"""What the course takes: its release, grading a class of twenty, and running each assignment and each notebook.

Of every assignment the class hands in the solutions, the untouched release and a wrong answer, and of two of them a
loop that never ends as well. What each should get follows from the notebook of the lecturer and the wrong answers in
tests/course. Everything runs in a fresh clone in which the pipeline has not run.

Usage: python benchmarks/course.py [--workers 2] [--out reports/benchmarks]
Writes course.md.
"""

import csv
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import nbformat
import pages
import yaml
from grid_runs import ROOT, fresh_clone
from nbclient import NotebookClient
from nbformat import NotebookNode

from segloss.commands import segloss, stage_environment

ANSWERS = ROOT / "tests/course/wrong_answers"
ENDLESS = ("agreement", "hard_pixels")  # of these a loop that never ends is handed in too


class HandedIn(NamedTuple):
    """A submission: who it is from, and what it should get without the questions in words."""

    student: str
    assignment: str
    notebook: NotebookNode
    meant: float


def seconds_of(call: str, *arguments: str, clone: Path) -> float:
    """How long a command of the package takes."""
    begun = time.perf_counter()
    segloss(call, *arguments, folder=clone)
    return time.perf_counter() - begun


def read(path: Path) -> NotebookNode:
    """A notebook."""
    return nbformat.read(path, as_version=4)


def run(path: Path, clone: Path) -> tuple[float, float]:
    """Run a notebook where it lies: seconds in all, and of its cells that are tagged as long ones."""
    notebook = read(path)
    begun = time.perf_counter()
    place = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, kernel_name="python3", resources=place).execute(env=stage_environment(clone))
    whole = time.perf_counter() - begun
    long = [cell for cell in notebook.cells if any(tag.startswith("seconds-") for tag in cell.metadata.get("tags", []))]
    return whole, sum(_cell_seconds(cell) for cell in long)


def _cell_seconds(cell: NotebookNode) -> float:
    times = cell.metadata["execution"]
    begun, ended = (datetime.fromisoformat(times[key]) for key in ("iopub.execute_input", "shell.execute_reply"))
    return (ended - begun).total_seconds()


def class_of(clone: Path, names: list[str]) -> Iterator[HandedIn]:
    """What the twenty submissions are."""
    for name in names:
        solved = read(clone / f"coursework/{name}/{name}.ipynb")
        worth = by_machine(solved)
        answers = yaml.safe_load((ANSWERS / f"{name}.yaml").read_text(encoding="utf-8"))
        yield HandedIn("solved", name, solved, sum(worth.values()))
        yield HandedIn("untouched", name, read(clone / f"build/course/release/{name}/{name}.ipynb"), 0)
        endless = [answer for answer in answers if name in ENDLESS and "never ends" in answer["name"]]
        for student, answer in zip(("wrong", "endless"), [answers[0], *endless], strict=False):
            changed = read(clone / f"coursework/{name}/{name}.ipynb")
            [cell] = [cell for cell in changed.cells if grading(cell).get("grade_id") == answer["cell"]]
            cell.source = answer["source"]
            yield HandedIn(student, name, changed, sum(worth.values()) - sum(worth[test] for test in answer["loses"]))


def grading(cell: NotebookNode) -> dict:
    """What nbgrader knows of a cell."""
    return cell.metadata.get("nbgrader", {})


def by_machine(notebook: NotebookNode) -> dict[str, float]:
    """Points by test, questions in words left out."""
    facts = [grading(cell) for cell in notebook.cells if grading(cell).get("grade")]
    return {fact["grade_id"]: fact["points"] for fact in facts if not fact["solution"]}


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    workers = ("--workers", str(arguments.workers))
    with tempfile.TemporaryDirectory() as temporary:
        clone, folder = fresh_clone(Path(temporary) / "clone"), Path(temporary) / "class"
        names = sorted(path.stem for path in clone.glob("coursework/*/*.ipynb"))
        release = seconds_of("course", *workers, clone=clone)
        handed_in = list(class_of(clone, names))
        for one in handed_in:
            path = folder / one.student / one.assignment / f"{one.assignment}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(one.notebook, path)
        graded = seconds_of("course-grade", str(folder), *workers, clone=clone)
        again = seconds_of("course-grade", str(folder), *workers, clone=clone)
        with Path(f"{folder}-graded/marks.csv").open(encoding="utf-8", newline="") as stream:
            marks = {(row["student"], row["assignment"]): row for row in csv.DictReader(stream)}
        assignments = {name: run(clone / f"coursework/{name}/{name}.ipynb", clone) for name in names}
        lessons = sorted(path for path in clone.glob("notebooks/*.ipynb") if path.stem != "template")
        notebooks = {path.stem: run(path, clone)[0] for path in lessons}
    rows = [(one, marks[one.student, one.assignment]) for one in handed_in]
    as_meant = sum(float(row["points"]) == one.meant for one, row in rows)
    short = max(whole - long for whole, long in assignments.values())
    lines = [f"{pages.machine('cpu', arguments.workers)}; {pages.versions('nbgrader', 'nbclient')}.", ""]
    lines += pages.findings(
        [
            (
                "marks that are those meant",
                f"{len(rows)} of {len(rows)}",
                f"{as_meant} of {len(rows)}",
                "table of marks",
            ),
            ("an assignment without its training cells", "at most 20 s", f"{short:.0f} s", "the longest"),
            (
                "a notebook before the pipeline has run",
                "under 120 s",
                f"{max(notebooks.values()):.0f} s",
                "the longest",
            ),
        ]
    )
    times = [
        (f"release and executed solutions of {len(names)} assignments", f"{release:.0f}"),
        (f"{len(rows)} submissions graded, with feedback and marks", f"{graded:.0f}"),
        ("the same call again: nothing to grade, feedback and marks anew", f"{again:.0f}"),
    ]
    lines += ["", f"With {arguments.workers} at once:", "", *pages.table(["what", "seconds"], times)]
    columns = ["assignment", "seconds", "of them in training cells"]
    table = [(name, f"{whole:.0f}", f"{long:.0f}") for name, (whole, long) in assignments.items()]
    lines += ["", "One at a time, from the start of the kernel to its end:", "", *pages.table(columns, table)]
    lines += ["", *pages.table(["notebook", "seconds"], [(name, f"{took:.0f}") for name, took in notebooks.items()])]
    lines += ["", "Marks, questions in words ungraded:", ""]
    columns = ["assignment", "student", "meant", "points", "maximum", "answers for a hand", "remark"]
    keys = ("points", "maximum", "to_grade", "remark")
    table = [(one.assignment, one.student, f"{one.meant:g}", *(_short(row[key]) for key in keys)) for one, row in rows]
    pages.write(arguments.out, "course", "What the course takes", [*lines, *pages.table(columns, table)])


def _short(text: str) -> str:
    """A number without what it does not need, words as they are."""
    return f"{float(text):g}" if text.replace(".", "").isdigit() else text


if __name__ == "__main__":
    main()
