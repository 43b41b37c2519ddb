"""Workers of a Dask cluster: of this machine, of a running cluster, or of Slurm."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from segloss.errors import InputError
from segloss.grid.job import Job, run_job
from segloss.grid.workers import Pending, is_training
from segloss.provenance import fingerprint
from segloss.side_by_side import end_all

if TYPE_CHECKING:
    from distributed import Client

DASHBOARD = "127.0.0.1:8787"
ANSWERS_WITHIN = "30s"
STARTS = 3
SETTINGS = {
    # A worker starts a process for each stage, which Dask forbids by default.
    "distributed.worker.daemon": False,
    # As in a serial run. Dask would have glibc give memory back at every step: trainings would take half as long again.
    "distributed.nanny.pre-spawn-environ": {},
    # Stages take seconds: to look at a worker a hundred times in each would take a twentieth of the machine.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    # How many workers may die under a stage before it counts as failed: some queues take machines back at any time.
    "distributed.scheduler.allowed-failures": 10,
}
# The same for workers that others start, whose configuration is not ours.
ELSEWHERE = {
    "DASK_DISTRIBUTED__WORKER__DAEMON": "False",
    "MALLOC_TRIM_THRESHOLD_": "2147483647",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
}


class DaskWorkers:
    """Workers of the cluster that a client is connected to. A training asks for a GPU if any worker has one."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def submit(self, job: Job, attempt: int) -> Pending:
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        with_gpu = is_training(job) and any(worker["resources"].get("GPU") for worker in workers)
        # A scheduler that outlives its parent must not take the job of the next one for that of the last.
        key = f"{job.stage} {fingerprint(job.parent)} {attempt}"
        return self._client.submit(run_job, job, key=key, pure=False, resources={"GPU": 1} if with_gpu else None)


@contextmanager
def dask_workers(
    count: int, gpus: list[str], scheduler: str | None = None, slurm: Path | None = None
) -> Iterator[DaskWorkers]:
    """Connect to workers, and let go of them in the end, whatever ends it.

    Args:
        count: Workers of this machine.
        gpus: Numbers of its graphics cards; the first workers get one each.
        scheduler: Address of a running cluster, in place of this machine.
        slurm: File of options for workers that Slurm starts, in place of this machine.

    Raises:
        InputError: If there is no such cluster, a worker does not start, or the file does not say what Slurm needs.
    """
    import dask
    import distributed  # noqa: F401  its defaults come with the import, and would be merged into ours

    with (
        dask.config.set(SETTINGS),
        nullcontext(scheduler) if scheduler else _slurm(slurm) if slurm else _local(count, gpus) as cluster,
        _connected(cluster) as client,
    ):
        print(f"Dashboard: {client.dashboard_link}" if find_spec("bokeh") else "No dashboard: bokeh is missing.")
        try:
            yield DaskWorkers(client)
        except BaseException:
            # Only a job's process can be stopped: the worker's thread waits for it.
            client.run(end_all, on_error="ignore")
            raise


def _connected(cluster: Any) -> "Client":
    from distributed import Client

    try:
        return Client(cluster, timeout=ANSWERS_WITHIN)
    except (OSError, ValueError) as error:
        raise InputError(f"No Dask scheduler answers at {cluster}, expected tcp://HOST:PORT.") from error


def _local(count: int, gpus: list[str]) -> Any:
    from distributed import Nanny, Scheduler, SpecCluster

    quiet: dict[str, Any] = {"silence_logs": logging.ERROR}
    same = {"host": "127.0.0.1", "nthreads": 1, "memory_limit": 0, "dashboard": False, **quiet}
    workers: dict[int, dict[str, Any]] = {number: {"cls": Nanny, "options": dict(same)} for number in range(count)}
    for number, gpu in zip(workers, gpus, strict=False):
        workers[number]["options"] |= {"env": {"CUDA_VISIBLE_DEVICES": gpu}, "resources": {"GPU": 1}}
    served = {"host": "127.0.0.1", "dashboard": True, "dashboard_address": DASHBOARD}
    for attempt in range(STARTS):
        try:
            return SpecCluster(workers=workers, scheduler={"cls": Scheduler, "options": served}, **quiet)
        except RuntimeError as error:  # a worker was killed before it could answer
            if attempt == STARTS - 1:
                raise InputError(f"The workers of this machine do not start: {error}") from error


def _slurm(file: Path) -> Any:
    """A cluster of as many Slurm jobs as the file says; dask-jobqueue knows its other options."""
    from dask_jobqueue import SLURMCluster

    try:
        options = yaml.safe_load(file.read_text(encoding="utf-8"))
        jobs = int(options.pop("jobs"))
        exports = [f"export {name}={value}" for name, value in ELSEWHERE.items()]
        prologue = [*exports, *options.pop("job_script_prologue", ())]
        cluster = SLURMCluster(job_script_prologue=prologue, **options)
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{file} is no description of Slurm jobs ({error}), expected a mapping of `jobs`, `cores`, `memory` and "
            "other options of dask_jobqueue.SLURMCluster."
        ) from error
    cluster.scale(jobs=jobs)
    return cluster
