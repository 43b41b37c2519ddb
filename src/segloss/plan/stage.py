"""The price of a scale: per paper its runs, hours, memory and disk, and how long it takes on a number of workers."""

import os
from typing import Any

from segloss.config import entry
from segloss.data.prepared import read_prepared
from segloss.grid.job import seconds_of
from segloss.paths import PREPARED
from segloss.pipeline import Pipeline
from segloss.plan.estimates import Estimate, cases_factor, estimates, items_factor, view_of
from segloss.plan.simulation import makespan

HEADS = ("paper", "trainings", "hours of training", "memory of one", "disk", "hours on {} workers")
# Their time grows with the number of cases.
BY_CASES = ("prepare", "evaluate")


def run_plan(
    params: dict[str, Any], scale: str | None = None, workers: int | None = None, paper: str | None = None
) -> float:
    """Measure a few steps of each protocol on this device, and print what the scale costs.

    Stages that do not train count with the time that they took here in their last grid.

    Args:
        params: The parameters of the pipeline.
        scale: Whose costs; by default that of the parameters.
        workers: Stages at once; one per core if left out.
        paper: Only this one.

    Returns:
        Seconds that all stages take on the workers.

    Raises:
        InputError: If the scale or the paper is unknown, or a data set was never prepared.
    """
    scale = scale or params["scale"]
    entry(params, "scales", scale)
    workers = workers or os.cpu_count() or 1
    params = {**params, "scale": scale}
    papers = list(params["papers"]) if paper is None else [paper]
    for name in papers:
        entry(params, "papers", name)
    listed = params["scales"][scale].get("arms") or params["arms"]
    arms = [arm for arm in listed if params["arms"][arm]["paper"] in papers]
    found = estimates(params, arms, min(workers, os.cpu_count() or 1))
    pipeline = Pipeline()
    seconds = {f"train@{arm}": estimate.seconds for arm, estimate in found.items()}
    rows, unknown = [], set()
    for name in [*papers, None] if paper is None else papers:
        needs = pipeline.needs(name and f"report@{name}")
        own = [estimate for arm, estimate in found.items() if name in (None, params["arms"][arm]["paper"])]
        took = {stage: seconds.get(stage, _seconds(params, stage)) for stage in needs}
        unknown |= {stage for stage, value in took.items() if value is None}
        total = makespan({stage: value or 0.0 for stage, value in took.items()}, needs, workers)
        datasets = {params["arms"][arm]["dataset"] for arm in found if name in (None, params["arms"][arm]["paper"])}
        rows.append(_row(name or "all", own, sum(_prepared_bytes(params, dataset) for dataset in datasets), total))
    _print(scale, [[head.format(workers) for head in HEADS], *rows])
    if unknown:
        print(f"Not counted, since no grid ran them here yet: {', '.join(sorted(unknown))}.")
    return total


def _seconds(params: dict[str, Any], stage: str) -> float | None:
    """What a stage that does not train took here, and would take with the cases of the scale."""
    kind, _, name = stage.partition("@")
    took = seconds_of(stage)
    if took is not None and kind in BY_CASES and name in params["datasets"]:
        return took * cases_factor(params, name)
    return took


def _prepared_bytes(params: dict[str, Any], dataset: str) -> float:
    size = sum(file.stat().st_size for file in (PREPARED / dataset).iterdir()) * items_factor(params, dataset)
    now, then = view_of(params, dataset).image_size, read_prepared(PREPARED / dataset).provenance["image_size"]
    return size * (now / then) ** 2 if now and then else size


def _row(name: str, own: list[Estimate], prepared: float, total: float) -> list[str]:
    runs, hours = sum(e.runs for e in own), sum(e.seconds for e in own) / 3600
    memory, disk = max(e.memory_bytes for e in own) / 1e9, (sum(e.disk_bytes for e in own) + prepared) / 1e9
    return [name, str(runs), f"{hours:.2f}", f"{memory:.1f} GB", f"{disk:.2f} GB", f"{total / 3600:.2f}"]


def _print(scale: str, rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"The scale {scale}, on this device:")
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
