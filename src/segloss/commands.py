"""Run git and DVC as a user would, with this interpreter and the folder's own code."""

import os
import subprocess
import sys
from pathlib import Path

from segloss.errors import InputError

ROOT = Path()


def git(*arguments: str, folder: Path = ROOT) -> str:
    """What a git command prints.

    Raises:
        InputError: If git fails; its own words stand above the sentence.
    """
    return _run(["git"], arguments, folder, capture=True)


def dvc(*arguments: str, folder: Path = ROOT, capture: bool = False) -> str:
    """Run a DVC command; its output goes to the terminal unless it is captured and returned.

    The stages find this interpreter first in the PATH, and the code of ``folder`` before an installed one.

    Raises:
        InputError: If DVC or one of the stages fails; their own words stand above the sentence.
    """
    return _run([sys.executable, "-m", "dvc"], arguments, folder, capture)


def segloss(*arguments: str, folder: Path = ROOT) -> None:
    """Run a command of this package as the code of ``folder`` has it.

    Raises:
        InputError: If it fails; its own words stand above the sentence.
    """
    _run([sys.executable, "-m", "segloss"], arguments, folder, capture=False)


def stage_environment(folder: Path) -> dict[str, str]:
    """The environment in which the stages of the repository at ``folder`` use its code and this Python."""
    first = {"PATH": str(Path(sys.executable).parent), "PYTHONPATH": str(folder.resolve() / "src")}
    return os.environ | {
        name: os.pathsep.join(filter(None, [value, os.environ.get(name)])) for name, value in first.items()
    }


def _run(program: list[str], arguments: tuple[str, ...], folder: Path, capture: bool) -> str:
    done = subprocess.run(
        [*program, *arguments],
        cwd=folder,
        env=stage_environment(folder),
        text=True,
        stdout=subprocess.PIPE if capture else None,
    )
    if done.returncode:
        shown = " ".join([Path(program[-1]).name, *arguments[:2]])
        raise InputError(f"`{shown}` failed in {folder.resolve()}; the lines above say why.")
    return (done.stdout or "").rstrip("\n")
