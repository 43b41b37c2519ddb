"""Workers of this machine that need no Dask: threads, each of which waits for the process of a stage."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Protocol, Self

from segloss.grid.job import Ended, Job, run_job
from segloss.side_by_side import end_all


class Pending(Protocol):
    """A job that is under way; Dask and the standard library agree on as much."""

    def result(self) -> Ended:
        """Of a job that has ended."""

    def add_done_callback(self, function: Callable[[Any], object]) -> None:
        """Have a function called with this when the job has ended."""


class Workers(Protocol):
    """Who runs jobs."""

    def submit(self, job: Job, attempt: int) -> Pending:
        """Have a job done."""


class LocalWorkers:
    """Workers of this machine.

    Args:
        count: Jobs at once.
        gpus: Numbers of the graphics cards, each of which takes one training at a time.
    """

    def __init__(self, count: int, gpus: list[str]) -> None:
        self._pool = ThreadPoolExecutor(count)
        self._trainings = ThreadPoolExecutor(min(count, len(gpus))) if gpus else self._pool
        self._free: SimpleQueue[str] = SimpleQueue()
        for gpu in gpus:
            self._free.put(gpu)

    def submit(self, job: Job, attempt: int) -> Future[Ended]:
        if is_training(job) and self._trainings is not self._pool:
            return self._trainings.submit(self._on_gpu, job)
        return self._pool.submit(run_job, job)

    def _on_gpu(self, job: Job) -> Ended:
        gpu = self._free.get()
        try:
            return run_job(job, gpu)
        finally:
            self._free.put(gpu)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for pool in (self._pool, self._trainings):
            pool.shutdown(wait=False, cancel_futures=True)
        end_all()


def is_training(job: Job) -> bool:
    """Whether a job is one for a graphics card, if there is one."""
    return job.stage.startswith("train@")
