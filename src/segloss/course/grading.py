"""Grading a folder of submissions: tests run in bounds, pages of feedback, a table of marks. Resumes."""

import json
import os
import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path

import nbformat
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute, OverwriteCells
from traitlets.config import Config

from segloss.course.assignments import assignment_names, convert, directory, make_release, source_notebook
from segloss.course.feedback import write_feedback
from segloss.course.limits import NOT_RUN, OUT_OF_TIME, LimitedExecute, Limits
from segloss.course.marks import write_marks
from segloss.course.restoring import RestoreMetadata
from segloss.course.submissions import Submission, check_readable, find_submissions
from segloss.errors import InputError
from segloss.provenance import fingerprint, write_json
from segloss.side_by_side import run_side_by_side


def grade(folder: Path, out: Path | None = None, limits: Limits | None = None, workers: int | None = None) -> int:
    """Grade what is new or changed in a folder of submissions, and write feedback and marks for all of it.

    Args:
        folder: ``<student>/<assignment>/<assignment>.ipynb`` or ``<student>/<assignment>.ipynb``.
        out: Where results go: ``marks.csv``, ``feedback/<student>/<assignment>``, the gradebook, in which written
            answers are graded by hand, and the graded notebooks. ``<folder>-graded`` if left out.
        limits: What a submission may use.
        workers: How many at once; one per core if left out.

    Returns:
        1 if something could not be graded, otherwise 0.

    Raises:
        InputError: If there are no submissions, or an assignment is not what nbgrader expects.
    """
    limits, workers = limits or Limits(), workers or os.cpu_count() or 1
    out = out or folder.with_name(f"{folder.resolve().name}-graded")
    submissions = find_submissions(folder, assignment_names())
    names = sorted({submission.assignment for submission in submissions})
    for name in names:
        _take_assignment(out, name)
    keys = {s: _key(s, limits) for s in submissions}
    todo = {s: key for s, key in keys.items() if _record(out, s).get("key") != key}
    calls = {s.name: partial(grade_one, out, s, limits, key) for s, key in todo.items()}
    graded = run_side_by_side(calls, workers, "grading", [__name__])
    pages = {name: partial(write_feedback, out, name) for name in names}
    written = run_side_by_side(pages, workers, "feedback", [__name__])
    write_marks(out, submissions, {s: _record(out, s).get("remark", "not graded") for s in submissions})
    print(f"{len(submissions)} submissions, {len(graded)} of them graded now: {out / 'marks.csv'}, {out / 'feedback'}.")
    return 0 if len(graded) == len(calls) and len(written) == len(names) else 1


def _key(submission: Submission, limits: Limits) -> str:
    """Of all that a result depends on."""
    return fingerprint(submission.path, source_notebook(submission.assignment), asdict(limits))


def grade_one(out: Path, submission: Submission, limits: Limits, key: str) -> None:
    """Run a submission's tests and enter their points into the gradebook.

    Raises:
        InputError: If it is no notebook, or nbgrader refuses it.
    """
    try:
        check_readable(submission)
        _run_tests(out, submission, limits)
    except InputError as error:
        write_json(_record_file(out, submission), {"remark": f"not graded: {error}"})
        raise
    write_json(_record_file(out, submission), {"key": key, "remark": _remark(out, submission)})


def _run_tests(out: Path, submission: Submission, limits: Limits) -> None:
    copy = out / "submitted" / submission.student / submission.assignment / f"{submission.assignment}.ipynb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(submission.path, copy)
    settings = Config(OverwriteCells={"add_missing_cells": True})
    settings.merge(limits.config())
    folder = directory(out, submission.assignment, submission.student)
    converter = Autograde(coursedir=folder, force=True, config=settings)
    sanitizing, running = converter.sanitize_preprocessors, converter.autograde_preprocessors
    converter.sanitize_preprocessors = _with(sanitizing, OverwriteCells, RestoreMetadata, OverwriteCells)
    converter.autograde_preprocessors = _with(running, Execute, LimitedExecute)
    convert(converter, submission.path)


def _with(kinds: list[type], old: type, *new: type) -> list[type]:
    return [chosen for kind in kinds for chosen in (new if kind is old else (kind,))]


def _take_assignment(out: Path, name: str) -> None:
    """Let the gradebook know an assignment as it stands, if it has changed."""
    known, now = out / "records" / f"{name}.json", fingerprint(source_notebook(name))
    if not known.is_file() or json.loads(known.read_text(encoding="utf-8")) != now:
        make_release(out, name)
        write_json(known, now)


def _record_file(out: Path, submission: Submission) -> Path:
    return out / "records" / submission.student / f"{submission.assignment}.json"


def _record(out: Path, submission: Submission) -> dict[str, str]:
    path = _record_file(out, submission)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _remark(out: Path, submission: Submission) -> str:
    """What a lecturer should know besides the points."""
    path = out / "autograded" / submission.student / submission.assignment / f"{submission.assignment}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    errors = [{output.get("ename") for output in cell.get("outputs", [])} for cell in cells]
    late, lost = (sum(name in names for names in errors) for name in (OUT_OF_TIME, NOT_RUN))
    counts = {"out of time": late, "not run": lost}
    return ", ".join(f"{count} cell{'s' * (count > 1)} {fate}" for fate, count in counts.items() if count)
