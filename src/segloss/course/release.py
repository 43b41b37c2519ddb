"""What students get, and the executed solutions for the lecturer."""

import os
import shutil
from functools import partial
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateSolution
from nbgrader.preprocessors import Execute
from tqdm import tqdm

from segloss.course.assignments import assignment_names, convert, directory, make_release, source_notebook
from segloss.course.limits import LimitedExecute, Limits
from segloss.errors import InputError
from segloss.paths import COURSE, COURSEWORK
from segloss.provenance import written_aside
from segloss.side_by_side import run_side_by_side

# What students need beside the notebooks: the package that these import, in the pinned versions.
_PACKAGE = ("pyproject.toml", "constraints.txt", "LICENSE", "README.md", "src/segloss")


def make_course(workers: int | None = None) -> None:
    """Write ``build/course/release`` with a zip of it, and ``build/course/solutions``.

    Raises:
        InputError: If an assignment is not what nbgrader expects, or its own solutions do not run.
    """
    names = assignment_names()
    with written_aside(COURSE) as root:
        for name in tqdm(names, "releases"):
            make_release(root, name)
        _add_package(root / "release")
        calls = {name: partial(make_solution, root, name) for name in names}
        done = run_side_by_side(calls, workers or os.cpu_count() or 1, "solutions", [__name__])
        if missing := sorted(set(names) - set(done)):
            raise InputError(f"The solutions of {', '.join(missing)} do not run; the lines above say why.")
        shutil.make_archive(str(root / "release"), "zip", root / "release")
        shutil.rmtree(root / "source")
        (root / "gradebook.db").unlink()
    print(
        f"For students: {COURSE / 'release.zip'}, unpacked in {COURSE / 'release'}. Solutions: {COURSE / 'solutions'}."
    )


def make_solution(root: Path, name: str) -> None:
    """Execute the lecturer's notebook of an assignment into ``solutions/<name>``.

    Raises:
        InputError: If one of its cells fails.
    """
    folder = directory(root, name)
    folder.solution_directory = "solutions"
    converter = GenerateSolution(coursedir=folder, force=True, config=Limits().config())
    converter.preprocessors = [LimitedExecute if kind is Execute else kind for kind in converter.preprocessors]
    convert(converter, source_notebook(name))
    notebook = nbformat.read(root / "solutions" / name / f"{name}.ipynb", as_version=4)
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                fault = f"{output.ename}: {output.evalue}"
                raise InputError(f"{source_notebook(name)}: cell {number} of the solution failed with {fault}")


def _add_package(release: Path) -> None:
    """Copy the package and the instructions for students beside their notebooks."""
    for name in _PACKAGE:
        source, target = Path(name), release / "segloss" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, target)
    shutil.copy(COURSEWORK / "for-students.md", release / "README.md")
