"""The grid's parent or one of its workers is killed, or hangs: what is recorded in the end is the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segloss.grid import job
from tests.grid.small_pipeline import NEEDS, beats, recorded, starts, wait_until, write_pipeline

psutil = pytest.importorskip("psutil", reason="Dask, which brings psutil, is not installed")
pytest.importorskip("distributed", reason="Dask is not installed")

MOMENTS = 20
MOST_S = 300
STAGE_S = 0.3  # so long every stage takes: else a kill would nearly always meet the start or the end
RUNNER = """
import sys
from segloss.grid import job, run_grid

job.IMPORTS = ()
if __name__ == "__main__":
    sys.exit(run_grid(workers=2))
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A new folder of the small pipeline, which becomes the present one."""
    monkeypatch.setenv("PYTHONPATH", str(Path(job.__file__).parents[2]))

    def folder(name: str) -> Path:
        place = tmp_path / name
        place.mkdir()
        write_pipeline(place)
        steps = (place / "steps.py").read_text(encoding="utf-8")
        (place / "steps.py").write_text(f"{steps}\ntime.sleep({STAGE_S})\n", encoding="utf-8")
        (place / "runner.py").write_text(RUNNER, encoding="utf-8")
        monkeypatch.chdir(place)
        return place

    return folder


def begin() -> subprocess.Popen[bytes]:
    """A grid in the present folder."""
    with Path("log").open("a") as log:
        return subprocess.Popen([sys.executable, "runner.py"], stdout=log, stderr=log, start_new_session=True)


def outputs() -> dict[str, bytes]:
    """What the stages wrote."""
    return {name: Path(f"{name}.out").read_bytes() for name in NEEDS}


@pytest.fixture
def undisturbed(grid: Callable[[str], Path]) -> tuple[dict[str, bytes], float]:
    """The outputs of a grid that nothing happened to, and how many seconds it took."""
    grid("undisturbed")
    begun = time.monotonic()
    assert begin().wait(MOST_S) == 0
    return outputs(), time.monotonic() - begun


def moments(lasts: float) -> list[float]:
    """Seconds after which to kill; the first third of a run imports libraries."""
    return list(np.random.default_rng(0).uniform(lasts / 3, lasts, MOMENTS))


def test_a_grid_whose_parent_was_killed_ends_the_next_time_as_if_it_had_not_been(
    grid: Callable[[str], Path], undisturbed: tuple[dict[str, bytes], float], tell: Callable[..., None]
) -> None:
    expected, lasts = undisturbed
    killed = 0
    for number, seconds in enumerate(moments(lasts)):
        grid(f"parent{number}")
        parent = begin()
        time.sleep(seconds)
        parent.kill()
        killed += parent.wait() == -signal.SIGKILL
        assert begin().wait(MOST_S) == 0, Path("log").read_text()
        assert outputs() == expected
        assert recorded()
    tell("SIGKILL of the parent at a random moment", "grid", killed)


def test_a_grid_one_of_whose_workers_is_killed_ends_as_if_it_had_not_been(
    grid: Callable[[str], Path], undisturbed: tuple[dict[str, bytes], float], tell: Callable[..., None]
) -> None:
    expected, lasts = undisturbed
    killed = 0
    for number, seconds in enumerate(moments(lasts)):
        grid(f"worker{number}")
        parent = begin()
        time.sleep(seconds)
        workers = [child for child in psutil.Process(parent.pid).children(recursive=True) if is_worker(child)]
        if workers:
            os.kill(workers[number % len(workers)].pid, signal.SIGKILL)
            killed += 1
        assert parent.wait(MOST_S) == 0, Path("log").read_text()
        assert outputs() == expected
        assert recorded()
    tell("SIGKILL of a worker at a random moment", "grid", killed)


def test_the_stage_of_a_worker_that_stops_responding_is_run_again(
    grid: Callable[[str], Path],
    undisturbed: tuple[dict[str, bytes], float],
    tell: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected, _ = undisturbed
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL", "5s")  # five minutes by default
    grid("hung")
    Path("hold-b").touch()
    parent = begin()
    wait_until(lambda: beats("b"))
    # Between a worker and its stage stands the process that holds the imports.
    worker = psutil.Process(int(Path("beat-b").read_text())).parent().parent()
    worker.suspend()
    wait_until(lambda: starts()["b"] == 2)
    assert not worker.is_running()
    Path("hold-b").unlink()
    assert parent.wait(MOST_S) == 0, Path("log").read_text()
    assert outputs() == expected
    assert recorded()
    tell("a worker that stops responding (SIGSTOP)", "grid", 1)


def is_worker(process: Any) -> bool:
    """Whether a child of the parent runs stages: it was spawned, and is not one that only keeps track."""
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it has ended in the meantime
        return False
