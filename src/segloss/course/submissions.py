"""The folder that a lecturer hands over: one folder per student, in it one notebook per assignment."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import nbformat

from segloss.errors import InputError


@dataclass(frozen=True)
class Submission:
    """One student's notebook of one assignment."""

    student: str
    assignment: str
    path: Path

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.student}/{self.assignment}"


def find_submissions(folder: Path, assignments: Collection[str]) -> list[Submission]:
    """All notebooks ``<student>/<assignment>/<assignment>.ipynb`` or ``<student>/<assignment>.ipynb`` of a folder.

    Raises:
        InputError: If the folder is missing or holds none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is missing: expected a folder of submissions, one folder per student.")
    found = []
    for student in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for name in sorted(assignments):
            places = [student / name / f"{name}.ipynb", student / f"{name}.ipynb"]
            found += [Submission(student.name, name, path) for path in places if path.is_file()][:1]
    if not found:
        raise InputError(f"{folder} holds no submission: expected <student>/<assignment>/<assignment>.ipynb.")
    return found


def check_readable(submission: Submission) -> None:
    """Refuse what nbgrader could not take.

    Raises:
        InputError: If it is no notebook, or the student's name holds a character with which nbgrader looks for files.
    """
    path = submission.path
    if set(submission.student) & set("*?[]{}+"):
        raise InputError(f"{path}: rename the student's folder without any of * ? [ ] {{ }} +.")
    try:
        nbformat.validate(nbformat.read(path, as_version=4))
    except Exception as error:  # nbformat lets through whatever its parsers raise
        told = str(error).strip().partition("\n")[0][:200]
        raise InputError(f"{path} is no readable notebook: {type(error).__name__}: {told}") from error
