"""What each student of a made-up class gets."""

from contextlib import chdir
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbgrader.api import Gradebook

from segloss.course.grading import grade
from segloss.course.submissions import find_submissions
from segloss.errors import InputError
from tests.course.conftest import LIMITS
from tests.course.made_up import NAME, cell_of

TESTS = ["mean-examples", "mean-hidden", "largest-examples"]


def test_solutions_get_all_points_that_a_machine_gives(marks):
    assert marks.loc["solved", ["points", "maximum", "to_grade"]].tolist() == [5, 8, 1]


def test_the_untouched_release_gets_nothing_and_leaves_nothing_to_grade(marks):
    assert marks.loc["untouched", ["points", "maximum", "to_grade"]].tolist() == [0, 8, 0]


def test_a_wrong_answer_loses_the_points_of_its_own_tests(points):
    assert points["forgets to divide"][TESTS].tolist() == [0, 0, 2]


def test_an_endless_loop_loses_the_points_of_its_own_tests(points, marks):
    assert points["hangs"][TESTS].tolist() == [0, 0, 2]
    assert marks.loc["hangs", "remark"] == "2 cells out of time"


def test_a_crash_loses_the_points_that_would_have_come_after_it(points, marks):
    assert points["crashes"][TESTS].tolist() == [1, 2, 0]
    assert marks.loc["crashes", "remark"] == "2 cells not run"


def test_a_loop_that_nothing_interrupts_loses_the_points_that_would_have_come_after_it(points):
    assert points["hangs deaf"][TESTS].tolist() == [1, 2, 0]


def test_tampered_tests_are_restored(points, classroom):
    assert points["tampers"][TESTS].tolist() == [0, 0, 0]
    notebook = nbformat.read(classroom / "autograded/tampers" / NAME / f"{NAME}.ipynb", as_version=4)
    assert "assert mean([2, 2]) == 2" in cell_of(notebook, "mean-examples").source
    assert cell_of(notebook, "mean-hidden").metadata["nbgrader"]["points"] == 2


def test_a_file_that_is_no_notebook_costs_only_itself(marks):
    assert marks.loc["broken", "points"] == 0
    assert "is no readable notebook" in marks.loc["broken", "remark"]
    assert len(marks) == 8


def test_grading_again_runs_only_what_has_changed(lecture, classroom, capsys):
    with chdir(lecture):
        grade(Path("class"), limits=LIMITS)
    assert "8 submissions, 0 of them graded now" in capsys.readouterr().out


def test_points_given_by_hand_reach_the_table_and_the_page(lecture, classroom):
    with Gradebook(f"sqlite:///{classroom / 'gradebook.db'}") as gradebook:
        grade_of_words = gradebook.find_grade("words", NAME, NAME, "solved")
        grade_of_words.manual_score, grade_of_words.needs_manual_grade = 2.5, False
        gradebook.db.commit()
    with chdir(lecture):
        grade(Path("class"), limits=LIMITS)
    marks = pd.read_csv(classroom / "marks.csv").set_index("student")
    assert marks.loc["solved", ["points", "to_grade"]].tolist() == [7.5, 0]
    page = (classroom / "feedback/solved" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Score: 7.5 / 8.0" in page


def test_a_folder_without_submissions_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no submission: expected <student>/<assignment>/<assignment>\.ipynb"):
        find_submissions(tmp_path, [NAME])


def test_a_notebook_may_lie_directly_in_the_folder_of_its_student(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / f"ada/{NAME}.ipynb").touch()
    [found] = find_submissions(tmp_path, [NAME])
    assert (found.student, found.path) == ("ada", tmp_path / f"ada/{NAME}.ipynb")
