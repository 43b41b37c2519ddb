"""Stages run side by side, before DVC takes them one after another and finds these done."""

import os
import runpy
import sys
from functools import partial
from typing import Any

from segloss.config import entry
from segloss.pipeline import Pipeline
from segloss.side_by_side import run_side_by_side

TRAIN = "train@"
# What every stage would import by itself; the first optimiser of a process imports torch._dynamo, two seconds long.
IMPORTS = [
    "segloss.data.preparation",
    "segloss.training.folds",
    "torch._dynamo",
    "segloss.evaluation",
    "segloss.report_stages",
    "segloss.notebooks",
]


def run_ahead(params: dict[str, Any], paper: str | None = None, workers: int | None = None) -> None:
    """Run all stages that ``dvc repro`` would run, so many at once, and record them in dvc.lock together.

    Each stage has a process of its own. What fails here is named and left to ``dvc repro``, which tries again and says
    why; so are the stages that need it.

    Args:
        params: The parameters of the pipeline.
        paper: Only what the report of this paper needs, and the report.
        workers: How many at once; by default one per core, or a single training where there is a GPU.
    """
    if paper is not None:
        entry(params, "papers", paper)
    pipeline = Pipeline()
    failed: set[str] = set()
    for wave in pipeline.waves(paper and f"report@{paper}"):
        stages = pipeline.stale([stage for stage in wave if not failed & pipeline.upstream(stage)])
        calls = {stage: partial(_run, pipeline.command(stage)) for stage in stages}
        title = ", ".join(dict.fromkeys(stage.partition("@")[0] for stage in stages))
        training = any(stage.startswith(TRAIN) for stage in stages)
        done = run_side_by_side(calls, workers or _default_workers(training), title, IMPORTS)
        pipeline.record(done)
        failed |= set(stages) - set(done)


def _run(command: list[str]) -> None:
    """Run ``python -m module ...`` in this process."""
    _, _, module, *sys.argv[1:] = command
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _default_workers(training: bool) -> int:
    """How many fit on this machine side by side: a GPU takes one training, else each core a stage."""
    import torch

    return 1 if training and torch.cuda.is_available() else os.cpu_count() or 1
