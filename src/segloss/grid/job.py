"""What a worker does for a stage: its command, in a process of its own, and only once for the same inputs."""

import ctypes
import json
import multiprocessing
import os
import platform
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from segloss.errors import InputError
from segloss.paths import GRID
from segloss.provenance import code_fingerprint, fingerprint, write_json
from segloss.side_by_side import CallFailed, in_own_process

# What every stage would import by itself; the first optimiser of a process imports torch._dynamo, two seconds long.
IMPORTS = (
    "segloss.data.preparation",
    "segloss.training.folds",
    "torch._dynamo",
    "segloss.evaluation",
    "segloss.report_stages",
    "segloss.notebooks",
)
PR_SET_PDEATHSIG = 1  # of sys/prctl.h
# Who runs the grid: also how a worker knows that it sees the same folder.
PARENT = GRID / "parent.json"


@dataclass(frozen=True)
class Job:
    """A stage as it goes to a worker.

    Args:
        stage: Its name.
        command: As a shell reads it.
        inputs: Fingerprint of all that it reads; None if it runs even if that is the same as last time.
        outputs: What it writes.
        folder: Of the pipeline.
        parent: What stands in the file of the parent there.
        code: Fingerprint of the package as the parent runs it.
    """

    stage: str
    command: str
    inputs: str | None
    outputs: tuple[Path, ...]
    folder: Path
    parent: str
    code: str

    @property
    def file(self) -> Path:
        """Without its ending, which says whether it is the mark, the lock or the log."""
        return GRID / self.stage


class Ended(NamedTuple):
    """What became of a job: why it failed, if it did, and how long it took."""

    reason: str | None
    seconds: float


def run_job(job: Job, gpu: str | None = None) -> Ended:
    """Run a job in a process of its own, which ends with the one that calls this.

    Args:
        job: The stage.
        gpu: The number of the only graphics card that it may see; all that the worker sees if left out.
    """
    begun = time.monotonic()
    try:
        _fit(job)
        in_own_process(partial(_run, job, gpu), IMPORTS)
    except (CallFailed, InputError) as reason:
        return Ended(str(reason), time.monotonic() - begun)
    return Ended(None, time.monotonic() - begun)


def seconds_of(stage: str) -> float | None:
    """How long a stage took when it last went well here; None if it did not."""
    return _mark(GRID / stage).get("seconds")


@cache
def own_code() -> str:
    """Fingerprint of the package that this process runs, as it was when first asked for."""
    return code_fingerprint(Path(__file__).parents[1])


def _fit(job: Job) -> None:
    """Refuse what would give other results here than at the parent.

    Raises:
        InputError: If this process cannot do the job.
    """
    host, parent = platform.node(), job.folder / PARENT
    if not parent.is_file() or parent.read_text(encoding="utf-8") != job.parent:
        raise InputError(f"The worker on {host} does not see {job.folder}, expected the same folder on all machines.")
    if own_code() != job.code:
        raise InputError(f"The worker on {host} runs another segloss, expected that of {job.folder}.")
    if multiprocessing.current_process().daemon:
        raise InputError(
            f"The worker on {host} may start no processes, expected DASK_DISTRIBUTED__WORKER__DAEMON=False "
            "in the environment of `dask worker`."
        )


def _run(job: Job, gpu: str | None) -> None:
    os.chdir(job.folder)
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    # Whoever had this stage before may still be at it: a worker that no one hears of any more, or another parent's.
    with FileLock(f"{job.file}.lock"):
        mark = _mark(job.file)
        if job.inputs is not None and mark.get("inputs") == job.inputs and mark.get("outputs") == _state(job.outputs):
            return
        Path(f"{job.file}.json").unlink(missing_ok=True)
        for out in job.outputs:  # as DVC does
            shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
        begun = time.monotonic()
        with _logged(Path(f"{job.file}.log")):
            _command(job.command)
        done = {"inputs": job.inputs, "outputs": _state(job.outputs), "seconds": round(time.monotonic() - begun, 2)}
        write_json(Path(f"{job.file}.json"), done)


def _command(command: str) -> None:
    words = shlex.split(command)
    if words[:2] != ["python", "-m"]:
        # Another program would go on after this process: on Linux the kernel ends it.
        done = subprocess.run(words, preexec_fn=_end_with_parent if sys.platform == "linux" else None)
        if done.returncode:
            raise InputError(f"ended with code {done.returncode}")
        return
    sys.argv = words[2:]
    try:
        runpy.run_module(words[2], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)  # as the interpreter does
            raise InputError(f"ended with code {end.code}") from None


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def _logged(log: Path) -> Iterator[None]:
    """Send all that is written to the terminal into a file; an error takes the last line of it along."""
    with log.open("w", encoding="utf-8", buffering=1) as stream, redirect_stdout(stream), redirect_stderr(stream):
        for terminal in (1, 2):
            os.dup2(stream.fileno(), terminal)
        try:
            yield
        except InputError as error:
            last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise InputError(last or str(error)) from None
        except Exception:
            traceback.print_exc()
            raise


def _mark(file: Path) -> dict[str, Any]:
    try:
        return json.loads(Path(f"{file}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _state(outputs: tuple[Path, ...]) -> str:
    """Fingerprint of names, sizes and times of all files: their contents would take too long."""
    files = [file for out in outputs for file in (sorted(out.rglob("*")) if out.is_dir() else [out]) if file.is_file()]
    return fingerprint([[file.as_posix(), file.stat().st_size, file.stat().st_mtime_ns] for file in files])
