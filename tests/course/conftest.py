"""A class that has handed in a small assignment, graded once for all tests."""

from contextlib import chdir
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("nbgrader", reason="the extra [course] is not installed")

from segloss.course.assignments import make_release
from segloss.course.grading import grade
from segloss.course.limits import Limits
from tests.course.made_up import NAME, assignment, submissions, write

LIMITS = Limits(cell_seconds=2)


@pytest.fixture(scope="session")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one assignment."""
    folder = tmp_path_factory.mktemp("lecture")
    write(assignment(), folder / "coursework" / NAME / f"{NAME}.ipynb")
    return folder


@pytest.fixture(scope="session")
def released(lecture: Path) -> Path:
    """The notebook that students get."""
    with chdir(lecture):
        make_release(Path("made"), NAME)
    return lecture / "made" / "release" / NAME / f"{NAME}.ipynb"


@pytest.fixture(scope="session")
def classroom(lecture: Path, released: Path) -> Path:
    """The folder of results of all students of ``made_up``."""
    for student, notebook in submissions(released).items():
        write(notebook, lecture / "class" / student / NAME / f"{NAME}.ipynb")
    (lecture / "class/broken").mkdir()
    (lecture / f"class/broken/{NAME}.ipynb").write_text("{", encoding="utf-8")
    with chdir(lecture):
        assert grade(Path("class"), limits=LIMITS) == 1  # because of the broken one
    return lecture / "class-graded"


@pytest.fixture(scope="session")
def marks(classroom: Path) -> pd.DataFrame:
    """``marks.csv``, by student."""
    return pd.read_csv(classroom / "marks.csv").set_index("student")


@pytest.fixture(scope="session")
def points(classroom: Path) -> pd.Series:
    """``marks-by-cell.csv``: points by student and cell."""
    return pd.read_csv(classroom / "marks-by-cell.csv").set_index(["student", "cell"])["points"]
