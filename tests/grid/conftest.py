"""A small pipeline as the present folder, and processes that run it as a grid."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segloss.grid import job, stage
from tests.grid.small_pipeline import write_pipeline

# Workers and children import this file too: so they need not import what real stages want.
RUNNER = """
import sys
from segloss.grid import job, run_grid

job.IMPORTS = ()
if __name__ == "__main__":
    sys.exit(run_grid(workers=int(sys.argv[1])))
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the pipeline: the present one, on a machine without Dask, and modules are looked up in it."""
    write_pipeline(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(job.__file__).parents[2]))
    monkeypatch.setattr(job, "IMPORTS", ())
    monkeypatch.setattr(stage, "find_spec", lambda name: None)
    return tmp_path


@pytest.fixture
def grids(workplace: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a grid on a Dask cluster of its own, in a process of its own; what is left of it is ended."""
    (workplace / "runner.py").write_text(RUNNER, encoding="utf-8")
    begun: list[subprocess.Popen[str]] = []

    def begin(workers: int) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        begun.append(subprocess.Popen([sys.executable, "runner.py", str(workers)], start_new_session=True, **pipes))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()
