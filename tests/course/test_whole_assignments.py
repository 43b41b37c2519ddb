"""Every assignment through nbgrader, as a class hands it in."""

import shutil
from contextlib import chdir
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml

from segloss.course.assignments import make_release
from segloss.course.grading import grade
from tests.course.made_up import cell_of, write

ROOT = Path(__file__).parents[2]
FASTEST = "agreement"
NAMES = sorted(path.stem for path in ROOT.glob("coursework/*/*.ipynb"))
PARAMS = [pytest.param(name, marks=() if name == FASTEST else pytest.mark.slow) for name in NAMES]


@pytest.fixture(scope="module", params=PARAMS)
def graded(request, tmp_path_factory):
    """Name, marks and points by cell of the solutions, of the untouched release and of a wrong answer."""
    name, folder = request.param, tmp_path_factory.mktemp("whole")
    source = ROOT / "coursework" / name / f"{name}.ipynb"
    wrong = nbformat.read(source, as_version=4)
    answer = yaml.safe_load((Path(__file__).parent / f"wrong_answers/{name}.yaml").read_text(encoding="utf-8"))[0]
    cell_of(wrong, answer["cell"]).source = answer["source"]
    write(wrong, folder / "class/wrong" / f"{name}.ipynb")
    with chdir(ROOT):
        make_release(folder / "made", name)
        for student, path in {"solved": source, "untouched": folder / f"made/release/{name}/{name}.ipynb"}.items():
            (folder / "class" / student).mkdir()
            shutil.copy(path, folder / "class" / student)
        assert grade(folder / "class") == 0
    tables = [pd.read_csv(folder / f"class-graded/{table}.csv") for table in ("marks", "marks-by-cell")]
    return nbformat.read(source, as_version=4), answer, *tables


def by_machine(notebook):
    """Points by test, questions in words left out."""
    cells = [cell.metadata["nbgrader"] for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return {facts["grade_id"]: facts["points"] for facts in cells if not facts["solution"]}


def test_the_solutions_get_all_points_that_a_machine_gives(graded):
    notebook, _, marks, _ = graded
    assert marks.set_index("student").loc["solved", "points"] == sum(by_machine(notebook).values())


def test_the_untouched_release_gets_nothing_and_no_cell_of_it_hangs(graded):
    row = graded[2].set_index("student").loc["untouched"]
    assert (row["points"], row["to_grade"]) == (0, 0)
    assert pd.isna(row["remark"])


def test_a_wrong_answer_loses_the_points_that_its_list_says(graded):
    notebook, answer, _, cells = graded
    points = cells[cells["student"] == "wrong"].set_index("cell")["points"]
    expected = {test: 0 if test in answer["loses"] else worth for test, worth in by_machine(notebook).items()}
    assert points[list(expected)].to_dict() == expected
