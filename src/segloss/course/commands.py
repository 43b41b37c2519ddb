"""``course`` and ``course-grade`` on the command line. They import nbgrader only when they run."""

import argparse
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from segloss.errors import InputError


def course(arguments: argparse.Namespace) -> None:
    _need_nbgrader()
    from segloss.course.release import make_course

    make_course(arguments.workers)


def course_grade(arguments: argparse.Namespace) -> int:
    _need_nbgrader()
    from segloss.course.grading import grade
    from segloss.course.limits import Limits

    limits = Limits(arguments.cell_seconds, arguments.notebook_seconds, arguments.memory_gb)
    return grade(arguments.submissions, arguments.out, limits, arguments.workers)


def _need_nbgrader() -> None:
    if find_spec("nbgrader") is None:
        raise InputError("nbgrader is missing: expected it from `pip install '.[pipeline,course]'`.")


def add_course_commands(command: Callable[..., Any]) -> None:
    """Let the command line know both, through its own way of adding one."""
    workers = {"type": int, "default": None, "help": "how many notebooks at once; one per core if left out"}
    command(course, "Write the assignments for students, and their solutions executed.", workers=workers)
    command(
        course_grade,
        "Grade a folder of submissions: <student>/<assignment>/<assignment>.ipynb; resumes.",
        submissions={"type": Path},
        out={"type": Path, "default": None, "help": "for marks and feedback; <submissions>-graded if left out"},
        cell_seconds={"type": int, "default": 30, "help": "for a cell without a tag seconds-N"},
        notebook_seconds={"type": int, "default": 600, "help": "for all cells of a notebook"},
        memory_gb={"type": float, "default": 4.0, "help": "of the process that runs them"},
        workers=workers,
    )
