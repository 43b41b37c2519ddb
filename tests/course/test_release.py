"""What students get holds no solution and no hidden test."""

import re
from contextlib import chdir
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from segloss.course.assignments import make_release
from segloss.errors import InputError
from tests.course.made_up import NAME, assignment, cell_of, write

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in ROOT.glob("coursework/*/*.ipynb"))
MARK = r"### BEGIN {0}\n(.*?)### END {0}"


def taken_out(cell: NotebookNode) -> list[str]:
    """The lines of a lecturer's cell that students do not see."""
    facts = cell.metadata.get("nbgrader", {})
    if facts.get("solution") and cell.cell_type == "markdown":
        return cell.source.splitlines()
    parts = [part for kind in ("SOLUTION", "HIDDEN TESTS") for part in re.findall(MARK.format(kind), cell.source, re.S)]
    return [line for part in parts for line in part.splitlines()]


@pytest.fixture(scope="module", params=NAMES)
def pair(request, tmp_path_factory):
    """A lecturer's notebook, and what is released of it."""
    root = tmp_path_factory.mktemp("course")
    with chdir(ROOT):
        make_release(root, request.param)
    paths = [ROOT / "coursework" / request.param, root / "release" / request.param]
    return [nbformat.read(path / f"{request.param}.ipynb", as_version=4) for path in paths]


def test_no_line_of_a_solution_or_of_a_hidden_test_is_released(pair):
    source, release = pair
    secret = {line.strip() for cell in source.cells for line in taken_out(cell)}
    shown = {line.strip() for cell in source.cells for line in set(cell.source.splitlines()) - set(taken_out(cell))}
    released = {line.strip() for cell in release.cells for line in cell.source.splitlines()}
    assert {line for line in secret - shown if len(line) > 3} & released == set()
    assert len(secret - shown) > 20


def test_no_marker_is_left(pair):
    assert not any(re.search("(BEGIN|END) (SOLUTION|HIDDEN)", cell.source) for cell in pair[1].cells)


def test_every_answer_is_a_stub_and_nothing_has_been_run(pair):
    code = [cell for cell in pair[1].cells if cell.cell_type == "code"]
    answers = [cell for cell in code if cell.metadata.get("nbgrader", {}).get("solution")]
    assert answers
    assert all("raise NotImplementedError()" in cell.source for cell in answers)
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_the_head_of_the_notebook_counts_the_points_right(pair):
    total = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in pair[0].cells)
    assert re.search(rf"\|\s*\*\*[^|\n]*\b{total}\b|\|\s*\*\*all\*\*\s*\|\s*\*\*{total}\*\*", pair[0].cells[0].source)


def test_points_survive_the_release(released):
    cells = nbformat.read(released, as_version=4).cells
    assert sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in cells) == 8


def test_a_cell_name_used_twice_is_one_sentence_that_names_the_notebook(tmp_path):
    notebook = assignment()
    cell_of(notebook, "largest").metadata["nbgrader"]["grade_id"] = "mean"
    write(notebook, tmp_path / "coursework" / NAME / f"{NAME}.ipynb")
    with chdir(tmp_path), pytest.raises(InputError, match=rf"^coursework/{NAME}/{NAME}\.ipynb: .*[Dd]uplicate"):
        make_release(tmp_path / "made", NAME)
