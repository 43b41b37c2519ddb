"""A small assignment, and submissions to it of students who do all that students do."""

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NAME = "sums"
MEAN = "def mean(values):\n    ### BEGIN SOLUTION\n    return sum(values) / len(values)\n    ### END SOLUTION"
LARGEST = "def largest(values):\n    ### BEGIN SOLUTION\n    return sorted(values)[-1]\n    ### END SOLUTION"
HIDDEN = "### BEGIN HIDDEN TESTS\nassert mean([1, 2]) == 1.5, 'halves'\n### END HIDDEN TESTS"


def graded(cell: NotebookNode, name: str, points: int = 0, *, solution: bool = False) -> NotebookNode:
    """The cell with the metadata that nbgrader reads."""
    facts = {"schema_version": 3, "grade_id": name, "cell_type": cell.cell_type, "grade": points > 0, "task": False}
    facts |= {"solution": solution, "locked": not solution} | ({"points": points} if points else {})
    cell.metadata["nbgrader"] = facts
    return cell


def assignment() -> NotebookNode:
    """Eight points: three for the mean, two for the largest, three for words."""
    cells = [
        new_markdown_cell(r"The mean is $\frac{1}{n}\sum_{i} x_i$."),
        graded(new_code_cell(MEAN), "mean", solution=True),
        graded(new_code_cell("assert mean([2, 2]) == 2, 'the mean of equal values'"), "mean-examples", 1),
        graded(new_code_cell(HIDDEN), "mean-hidden", 2),
        graded(new_code_cell(LARGEST), "largest", solution=True),
        graded(new_code_cell("assert largest([1, 3, 2]) == 3, 'the largest'"), "largest-examples", 2),
        graded(new_markdown_cell("It depends, because of $x_i$."), "words", 3, solution=True),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell with a grade_id."""
    [cell] = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name]
    return cell


def with_cells(notebook: NotebookNode, **sources: str) -> NotebookNode:
    """A copy in which cells say something else; names with ``_`` for the hyphens of the grade_id."""
    changed = copy.deepcopy(notebook)
    for name, source in sources.items():
        cell_of(changed, name.replace("_", "-")).source = source
    return changed


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook into a folder that may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


ENDLESS = "def mean(values):\n    while True:\n        pass"
DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"


def submissions(released: Path) -> dict[str, NotebookNode]:
    """What each student hands in."""
    solved, untouched = assignment(), nbformat.read(released, as_version=4)
    return {
        "solved": solved,
        "untouched": untouched,
        "forgets to divide": with_cells(solved, mean="mean = sum"),
        "hangs": with_cells(solved, mean=ENDLESS),
        "hangs deaf": with_cells(solved, largest=DEAF),
        "crashes": with_cells(solved, largest="import os\nos._exit(3)"),
        "tampers": tampered(untouched),
    }


def tampered(untouched: NotebookNode) -> NotebookNode:
    """Nothing solved: one test emptied and called an answer, one worth more, one taken out."""
    changed = with_cells(untouched, mean_examples="", mean_hidden="pass")
    cell_of(changed, "mean-examples").metadata["nbgrader"] |= {"solution": True, "locked": False}
    cell_of(changed, "mean-hidden").metadata["nbgrader"]["points"] = 100
    changed.cells.remove(cell_of(changed, "largest-examples"))
    return changed
