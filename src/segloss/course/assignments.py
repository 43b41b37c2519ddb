"""The assignments: what a lecturer writes, in nbgrader's layout, and what is taken from it for students."""

import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.log import get_logger

from segloss.errors import InputError
from segloss.paths import COURSEWORK

CODE_STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
TEXT_STUB = "*YOUR ANSWER HERE*"


def assignment_names() -> list[str]:
    """The folders of ``coursework`` that hold a notebook of the same name, sorted.

    Raises:
        InputError: If there is none.
    """
    names = sorted(path.parent.name for path in COURSEWORK.glob("*/*.ipynb") if path.stem == path.parent.name)
    if not names:
        raise InputError(f"{COURSEWORK} holds no assignment: expected {COURSEWORK}/<name>/<name>.ipynb.")
    return names


def source_notebook(name: str) -> Path:
    """The lecturer's notebook of an assignment, with solutions and hidden tests."""
    return COURSEWORK / name / f"{name}.ipynb"


def directory(root: Path, assignment: str, student: str = "*") -> CourseDirectory:
    """nbgrader's view of a folder with ``source``, ``release``, ``submitted`` and so on below it."""
    return CourseDirectory(root=str(root.resolve()), assignment_id=assignment, student_id=student)


def make_release(root: Path, name: str) -> None:
    """Write ``release/<name>`` below ``root``, and what graded cells look like into its gradebook.

    Solutions and hidden tests are taken out of the copy for students. The gradebook keeps them, for grading.

    Raises:
        InputError: If nbgrader refuses the notebook, or its cells were changed after submissions were graded.
    """
    source = root / "source" / name
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(COURSEWORK / name, source, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    converter = GenerateAssignment(coursedir=directory(root, name), force=True)
    converter.config.ClearSolutions.code_stub = {"python": CODE_STUB}
    converter.config.ClearSolutions.text_stub = TEXT_STUB
    convert(converter, source_notebook(name))


def convert(converter: Any, notebook: Path) -> None:
    """Let nbgrader do a step, and say in one sentence what was wrong.

    Raises:
        InputError: If it fails, with the last line of its first error.
    """
    get_logger()  # which it sets up at first use
    with _own_programs_first(), _reasons() as said:
        try:
            converter.start()
        except NbGraderException as error:
            ends = [text.strip().rpartition("\n")[2] for text in said]
            reason = next((end for end in ends if "Error" in end), str(error))  # the first is the nearest to the cause
            raise InputError(f"{notebook}: {reason}") from error


@contextmanager
def _own_programs_first() -> Iterator[None]:
    """Let nbgrader find alembic, which it calls by name for a new gradebook, beside this interpreter."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _reasons() -> Iterator[list[str]]:
    """What nbgrader logs as an error, in place of the terminal."""
    logger, collector = logging.getLogger("traitlets"), _Collector()
    handlers, propagate = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [collector], False
    try:
        yield collector.said
    finally:
        logger.handlers, logger.propagate = handlers, propagate
