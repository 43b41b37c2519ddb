"""What our losses cost beside those of other libraries, and whether they agree: forward + backward, time and memory.

Each loss of the registry, and the two sums that users ask for most, against every peer that has it (torch, MONAI,
segmentation_models.pytorch, SMP for short), against its plain formula as a textbook would write it, and against the
floor: softmax forward and backward on the same logits. All of them take logits and integer labels, so a peer's one-hot
coding counts. All implementations of a loss take turns in one process; the tables give medians. Peak memory is measured
as measuring.py says. A second table shows how far we and the peers are apart where we ought to be equal.

The peers are dependencies of this script alone. They go into a folder of their own, without what they ask for:
    pip install --no-deps --target build/peers -r benchmarks/requirements.txt
MONAI's losses need torch, numpy and scipy. Those of segmentation_models.pytorch need torch and numpy alone, but the
package's own __init__ imports networks (torchvision, timm): peers.py goes past it. A missing peer is named as missing.

Usage: python benchmarks/losses.py [--threads 1] [--rounds 7] [--losses dice tversky] [--shapes 4x2x256x256]
           [--out reports/benchmarks] [--peers build/peers]
Writes losses.md, losses.csv, losses.svg and losses.png; on a GPU, if there is one, losses-cuda.* in bfloat16 as well.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import cross_checks
import loss_report
import pages
import pandas as pd
import peers
import torch
from loss_report import FLOOR, OURS, PLAIN
from measuring import Inputs, median_seconds, peak_bytes
from plain_formulas import PLAIN as PLAIN_FORMULAS
from torch import Tensor
from tqdm import tqdm

from segloss.losses import FAMILIES, LOSSES, build_loss

SHAPES = ["8x4x256x256", "4x2x256x256", "8x9x320x320", "2x3x80x160x160"]
SMALL = 3_000_000  # logits; beyond, distance transforms of predictions take minutes
SUMS = {"cross_entropy_plus_dice": {"cross_entropy": 1.0, "dice": 1.0}, "dice_plus_focal": {"dice": 1.0, "focal": 1.0}}
OPTIONS: dict[str, dict[str, Any]] = {"weighted_cross_entropy": {"positive_weight": 2.0}}
COLUMNS = ["loss", "family", "shape", "implementation", "note", "counted", "rounds", "ms", "MiB"]
DTYPES = {"cpu": "float32", "cuda": "bfloat16"}
BUDGET_S = 3.0  # of one loss on one shape, after three rounds


def inputs_of(shape: tuple[int, ...], device: str) -> Inputs:
    """Logits and labels: cubes of 16 pixels of random classes, and a prediction that is right more often than not."""
    generator = torch.Generator().manual_seed(0)
    batch, classes, *spatial = shape
    labels = torch.randint(0, classes, (batch, *[-(-size // 16) for size in spatial]), generator=generator)
    for axis, size in enumerate(spatial, start=1):
        labels = labels.repeat_interleave(16, dim=axis).narrow(axis, 0, size)
    logits = torch.randn(shape, generator=generator)
    logits.scatter_add_(1, labels.unsqueeze(1), torch.full((batch, 1, *spatial), 2.0))
    return logits.to(device, getattr(torch, DTYPES[device])).requires_grad_(), labels.contiguous().to(device)


def floor(logits: Tensor, _: Tensor) -> Tensor:
    """What no region loss can go below: the softmax, and its gradient for a given gradient of the probabilities."""
    return _Floor.apply(logits)


class _Floor(torch.autograd.Function):
    """Softmax; its backward pass takes the logits' own values for the gradient, so that nothing else is computed."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor) -> Tensor:
        probs = torch.softmax(logits, dim=1)
        ctx.save_for_backward(logits, probs)
        return logits.new_zeros(())

    @staticmethod
    def backward(ctx: Any, _: Tensor) -> Tensor:
        logits, probs = ctx.saved_tensors
        return torch.ops.aten._softmax_backward_data(logits, probs, 1, probs.dtype)


def implementations(loss: str, classes: int, modules: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that computes a loss, each as a row with its call."""
    ours = build_loss(SUMS.get(loss, loss), **OPTIONS.get(loss, {}))
    family = next((name for name, losses in FAMILIES.items() if loss in losses), "sum")
    found = [(OURS, ours, "", True)]
    for peer in peers.PEERS.get(loss, []):
        if peer.library in modules and peer.classes in (None, classes):
            found.append((peer.name, peer.build(modules[peer.library], classes), peer.note, peer.counted))
    if loss in PLAIN_FORMULAS:
        found.append((PLAIN, PLAIN_FORMULAS[loss], "", False))
    found.append((FLOOR, floor, "", False))
    keys = ("implementation", "call", "note", "counted")
    return [{"loss": loss, "family": family, **dict(zip(keys, row, strict=True))} for row in found]


def jobs_of(losses: list[str], shapes: list[str], modules: dict[str, Any]) -> list[dict[str, Any]]:
    """All that is to be measured: the implementations of each loss on each shape."""
    sizes = {name: tuple(int(size) for size in name.split("x")) for name in shapes}
    return [
        row | {"shape": name, "size": size}
        for name, size in sizes.items()
        for loss in losses
        if not loss.startswith("hausdorff") or torch.Size(size).numel() < SMALL
        for row in implementations(loss, size[1], modules)
    ]


def measure_memory(jobs: list[dict[str, Any]], device: str) -> None:
    """Add peak memory to each job; the floor of a shape is measured once."""
    floors: dict[str, float] = {}
    for job in tqdm(jobs, desc=f"memory, {device}", unit="call"):
        if job["implementation"] != FLOOR or job["shape"] not in floors:
            job["MiB"] = peak_bytes(job["call"], partial(inputs_of, job["size"], device), device) / 2**20
            floors |= {job["shape"]: job["MiB"]} if job["implementation"] == FLOOR else {}
        else:
            job["MiB"] = floors[job["shape"]]


def measure_time(jobs: list[dict[str, Any]], rounds: int, device: str) -> None:
    """Add the median time and the number of rounds to each job; those of one loss and shape take turns."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for job in jobs:
        groups.setdefault((job["loss"], job["shape"]), []).append(job)
    for group in tqdm(groups.values(), desc=f"time, {device}", unit="loss"):
        calls = [job["call"] for job in group]
        medians, made = median_seconds(calls, inputs_of(group[0]["size"], device), rounds, BUDGET_S)
        for job, seconds in zip(group, medians, strict=True):
            job |= {"ms": 1000 * seconds, "rounds": made}


def main() -> None:
    """Measure, print and save the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [*LOSSES, *SUMS]
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each implementation")
    parser.add_argument("--losses", nargs="+", default=names, choices=names, metavar="LOSS", help="which to measure")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, metavar="BxCxHxW", help="shapes of the logits")
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks"), help="folder of the tables")
    parser.add_argument("--peers", type=Path, default=Path("build/peers"), help="folder that the peers are in")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    modules, missing = peers.load(arguments.peers)
    absent = {loss: sorted({p.library for p in found} & set(missing)) for loss, found in peers.PEERS.items()}
    for device in ["cpu"] + ["cuda"] * torch.cuda.is_available():
        jobs = jobs_of(arguments.losses, arguments.shapes, modules)
        measure_memory(jobs, device)  # first: its child processes are forked before threads start
        measure_time(jobs, arguments.rounds, device)
        rows = pd.DataFrame(jobs)[COLUMNS]
        where = f"{pages.machine(device, arguments.threads)}, {DTYPES[device]}"
        table = loss_report.ratios(rows)
        lines = ["# Losses beside their peers", "", f"Forward + backward, medians. {where}.", ""]
        lines += [*loss_report.missing_lines(missing), ""] if missing else []
        lines += ["## Goals", "", *loss_report.goals(table), "", "## Ratios, ours over theirs", ""]
        lines += [*loss_report.summary(table, absent), "", "## Deviations from peers that compute the same", ""]
        lines += [*cross_checks.table(modules), "", "## All measurements", "", *loss_report.details(rows)]
        text = "\n".join(lines)
        print(text)
        loss_report.save(rows, text, where, arguments.out, "losses" if device == "cpu" else f"losses-{device}")


if __name__ == "__main__":
    main()
