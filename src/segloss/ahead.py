"""Arms trained side by side, before DVC takes them one after another and finds their folds finished."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from segloss.commands import dvc, stage_environment
from segloss.config import entry

STAGE = "train@"


def train_ahead(params: dict[str, Any], paper: str | None = None, workers: int | None = None) -> None:
    """Train the folds of all arms that ``dvc repro`` would train, so many arms at once, each in a process of its own.

    The folds wait in build/checkpoints, where the train stage of the arm looks for them: it only has to put them in
    their place. What fails here is tried again by that stage, which then says why.

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
    with ThreadPoolExecutor(workers or default_workers()) as pool:
        for _ in tqdm(pool.map(_train, arms), "arms trained ahead", len(arms), unit="arm"):
            pass


def stale_arms() -> list[str]:
    """Arms whose train stage is out of date, in the order of params.yaml."""
    status = json.loads(dvc("status", "--json", "train", capture=True))
    return [stage.removeprefix(STAGE) for stage in status if stage.startswith(STAGE)]


def default_workers() -> int:
    """How many arms fit on this machine side by side: a GPU takes one, else each core does."""
    import torch

    return 1 if torch.cuda.is_available() else os.cpu_count() or 1


def _train(arm: str) -> None:
    command = [sys.executable, "-m", "segloss", "train", "--ahead", arm]
    done = subprocess.run(command, env=stage_environment(Path()), stderr=subprocess.PIPE, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() if done.returncode > 0 else []
        tqdm.write(f"{arm}: {lines[-1] if lines else f'ended with code {done.returncode}'}", file=sys.stderr)
