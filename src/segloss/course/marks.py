"""The gradebook as tables that a spreadsheet opens."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from nbgrader.api import Gradebook, MissingEntry

from segloss.course.assignments import directory
from segloss.course.submissions import Submission


def write_marks(out: Path, submissions: Sequence[Submission], remarks: Mapping[Submission, str]) -> None:
    """Write ``marks.csv``, one row per submission, and ``marks-by-cell.csv``, one row per graded cell.

    ``to_grade`` counts the written answers that wait to be graded by hand; they count 0 points till then.
    """
    rows, cells = [], []
    with Gradebook(directory(out, "").db_url) as gradebook:
        for submission in submissions:
            who = {"student": submission.student, "assignment": submission.assignment}
            grades = _grades(gradebook, submission)
            cells += [{**who, **grade} for grade in grades]
            maximum = gradebook.find_assignment(submission.assignment).max_score
            rows.append({**who, **_total(grades), "maximum": maximum, "remark": remarks[submission]})
    for name, table in {"marks": rows, "marks-by-cell": cells}.items():
        aside = out / f"{name}.csv.tmp"
        pd.DataFrame(table).to_csv(aside, index=False)
        aside.replace(out / f"{name}.csv")


def _grades(gradebook: Gradebook, submission: Submission) -> list[dict[str, Any]]:
    try:
        notebooks = gradebook.find_submission(submission.assignment, submission.student).notebooks
    except MissingEntry:  # it could not be graded
        return []
    return [
        {"cell": grade.name, "points": grade.score, "maximum": grade.max_score, "to_grade": grade.needs_manual_grade}
        for notebook in notebooks
        for grade in notebook.grades
    ]


def _total(grades: list[dict[str, Any]]) -> dict[str, float | int]:
    return {"points": sum(grade["points"] for grade in grades), "to_grade": sum(grade["to_grade"] for grade in grades)}
