"""The grid on a Dask cluster of this machine: workers, or the process that started them, die in the middle."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import psutil
import pytest
from filelock import FileLock

from segloss.grid.dask_workers import dask_workers
from segloss.paths import GRID
from tests.grid.small_pipeline import NEEDS, beats, recorded, starts, wait_until

Grids = Callable[[int], Popen[str]]
ONCE = dict.fromkeys(NEEDS, 1)


def worker_of(name: str) -> psutil.Process:
    """The worker that runs a stage; between it and the stage stands the process that holds the imports."""
    return psutil.Process(int(Path(f"beat-{name}").read_text())).parent().parent()


def test_all_stages_are_run_and_recorded(grids: Grids) -> None:
    grid = grids(2)
    said, _ = grid.communicate(timeout=120)
    assert grid.returncode == 0, said
    assert starts() == ONCE
    assert recorded()


def test_workers_keep_the_memory_settings_of_a_serial_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    with dask_workers(1, []) as workers:
        there = workers._client.run(lambda: dict(os.environ))
    assert all("MALLOC_TRIM_THRESHOLD_" not in own for own in there.values())


def test_the_stage_of_a_killed_worker_ends_with_it_and_is_run_again(grids: Grids) -> None:
    # e ends before: its result lies with the worker that dies, and must not be computed again.
    Path("hold-b").touch()
    grid = grids(1)
    wait_until(lambda: beats("b") and "e" in starts())
    stage, worker = int(Path("beat-b").read_text()), worker_of("b")
    assert worker.pid != grid.pid
    worker.kill()
    wait_until(lambda: not psutil.pid_exists(stage) or psutil.Process(stage).status() == psutil.STATUS_ZOMBIE)
    Path("hold-b").unlink()
    said, _ = grid.communicate(timeout=120)
    assert grid.returncode == 0, said
    assert starts() == {**ONCE, "b": 2}


def test_a_stage_that_is_still_at_work_elsewhere_is_waited_for(grids: Grids) -> None:
    GRID.mkdir(parents=True)
    with FileLock(GRID / "e.lock"):
        grid = grids(2)
        wait_until(lambda: Path("starts").exists() and "d" in starts())
        assert "e" not in starts()
    said, _ = grid.communicate(timeout=120)
    assert grid.returncode == 0, said
    assert starts() == ONCE


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_grid_that_is_stopped_leaves_nothing_running_and_goes_on(grids: Grids, end: signal.Signals) -> None:
    Path("hold-b").touch()
    grid = grids(1)
    wait_until(lambda: beats("b"))
    family = psutil.Process(grid.pid).children(recursive=True)
    grid.send_signal(end)  # to this process alone, not to its group
    grid.communicate(timeout=60)
    assert grid.returncode != 0
    psutil.wait_procs(family, timeout=30)
    assert [process for process in family if process.is_running()] == []
    Path("hold-b").unlink()
    again = grids(1)
    said, _ = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert starts() == {**ONCE, "b": 2}
    assert recorded()
