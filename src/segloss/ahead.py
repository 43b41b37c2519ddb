"""Arms trained side by side, before DVC takes the stages one after another and finds these done."""

import json
import multiprocessing
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from tqdm import tqdm

from segloss.commands import dvc
from segloss.config import entry
from segloss.errors import InputError
from segloss.recording import record_stages
from segloss.training import train_arm

STAGE = "train@"
# A process that has imported PyTorch, of which each arm gets a copy: the import takes longer than some trainings.
PROCESSES: Any = multiprocessing.get_context(
    "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
)


def train_ahead(params: dict[str, Any], paper: str | None = None, workers: int | None = None) -> None:
    """Train all arms that ``dvc repro`` would train, so many at once, and record them in dvc.lock together.

    Each arm has a process of its own. What fails here is named and left to its stage, which tries again and says why.
    Finished folds wait in build/checkpoints until all arms have ended: a call that was stopped goes on from them.

    Args:
        params: The parameters of the pipeline.
        paper: Only the arms of this paper.
        workers: How many at once; by default one per core, or a single one where there is a GPU.
    """
    if paper is not None:
        entry(params, "papers", paper)
    arms = [arm for arm in stale_arms() if paper in (None, params["arms"][arm]["paper"])]
    if not arms:
        return
    PROCESSES.set_forkserver_preload(["segloss.training.folds"])
    with ThreadPoolExecutor(workers or default_workers()) as pool:
        ended = pool.map(partial(_trained, params=params), arms)
        done = [arm for arm, well in zip(arms, tqdm(ended, "arms", len(arms), unit="arm"), strict=True) if well]
    for arm in done:
        train_arm(arm, params)
    record_stages([STAGE + arm for arm in done])


def stale_arms() -> list[str]:
    """Arms whose train stage is out of date, in the order of params.yaml."""
    status = json.loads(dvc("status", "--json", "train", capture=True))
    return [stage.removeprefix(STAGE) for stage in status if stage.startswith(STAGE)]


def default_workers() -> int:
    """How many arms fit on this machine side by side: a GPU takes one, else each core does."""
    import torch

    return 1 if torch.cuda.is_available() else os.cpu_count() or 1


def _trained(arm: str, params: dict[str, Any]) -> bool:
    """Train the folds of an arm in a process of its own, and return whether that went well."""
    receiving, sending = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_train, args=(arm, params, sending))
    process.start()
    sending.close()
    try:
        reason = receiving.recv()
    except EOFError:  # it ended, and had nothing to say
        reason = None
    process.join()
    if process.exitcode:
        tqdm.write(f"{arm}: {reason or f'ended with code {process.exitcode}'}", file=sys.stderr)
    return process.exitcode == 0


def _train(arm: str, params: dict[str, Any], fault: Connection) -> None:
    # The arms share a terminal, and the bar over all of them stands there.
    with open(os.devnull, "w") as nowhere:
        sys.stderr = nowhere
        try:
            train_arm(arm, params, ahead=True)
        except Exception as error:
            fault.send(str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}")
            sys.exit(1)
