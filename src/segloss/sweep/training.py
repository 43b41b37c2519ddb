"""One run of the sweep: a small network trained on phantoms of one share, and measured on others."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from segloss.data.phantoms.imbalance import imbalance_phantom
from segloss.losses import NonFiniteLogitsError, build_loss
from segloss.metrics import count, dice_score, sensitivity, specificity
from segloss.networks import build_network
from segloss.sweep.protocol import Protocol, SweepRun

PARTS = ("train", "validation", "test")


class DivergedError(Exception):
    """The loss or the logits are no longer finite."""


def train_and_measure(run: SweepRun, protocol: Protocol) -> dict[str, Any]:
    """Train the network of a run on the processor and measure it on every test phantom.

    Runs that differ in the loss alone start from the same weights and see the same pictures in the same order. The
    seed decides these three. The pictures of validation and test are the same for all losses and seeds of a share.
    The last weights count; validation chooses nothing, and only shows whether the training was long enough.

    Returns:
        ``outcome`` ("done" or "diverged") and ``reason``; ``validation``, pairs of step and mean Dice; ``cases``, one
        dict of counts and metrics per test phantom, none after a divergence.
    """
    images, labels = phantoms(run, protocol, "train")
    settings = protocol.training
    torch.manual_seed(run.seed)
    network = build_network(**settings["network"], in_channels=1, out_channels=1)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters(), settings["learning_rate"], fused=True)
    loss, seen = build_loss(run.spec), phantoms(run, protocol, "validation")
    validation: list[tuple[int, float]] = []
    for step, batch in enumerate(_batches(len(images), settings["batch_size"], settings["steps"]), start=1):
        network.train()
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, settings)
        optimiser.zero_grad(set_to_none=True)
        try:
            value = _finite(loss(network(images[batch].contiguous(memory_format=torch.channels_last)), labels[batch]))
        except (DivergedError, NonFiniteLogitsError) as error:
            return {"outcome": "diverged", "reason": f"step {step}: {error}", "validation": validation, "cases": []}
        value.backward()
        optimiser.step()
        if step % settings["steps_between_validations"] == 0:
            validation.append((step, float(np.mean([case["dice"] for case in measured(network, *seen)]))))
    cases = measured(network, *phantoms(run, protocol, "test"))
    return {"outcome": "done", "reason": "", "validation": validation, "cases": cases}


def phantoms(run: SweepRun, protocol: Protocol, part: str) -> tuple[Tensor, Tensor]:
    """Pictures (N, 1, size, size) and labels (N, size, size) of one part of the data."""
    # No share, part or seed has a picture in common with another; only training pictures depend on the seed.
    stem = (round(run.share * 1e6), PARTS.index(part), run.seed if part == "train" else 0)
    drawn = [imbalance_phantom((*stem, case), run.share, **protocol.picture) for case in range(protocol.cases[part])]
    pictures, masks = (np.stack(arrays) for arrays in zip(*drawn, strict=True))
    return torch.from_numpy(pictures)[:, None], torch.from_numpy(masks.astype(np.int64))


def learning_rate(step: int, settings: dict[str, Any]) -> float:
    """The rate of a step, from 1: constant for a share of the training, then falling to 0 in a straight line.

    >>> settings = {"learning_rate": 0.1, "constant_share": 0.5, "steps": 8}
    >>> [round(learning_rate(step, settings), 3) for step in (1, 5, 6, 8)]
    [0.1, 0.1, 0.075, 0.025]
    """
    left = 1 - (step - 1) / settings["steps"]
    return settings["learning_rate"] * min(1, left / (1 - settings["constant_share"]))


@torch.no_grad()
def measured(network: nn.Module, images: Tensor, labels: Tensor) -> list[dict[str, float]]:
    """Metrics and wrong pixels of each picture."""
    network.eval()
    predicted = (network(images.contiguous(memory_format=torch.channels_last)) > 0).squeeze(1).numpy()
    counts = [count(found, truth) for found, truth in zip(predicted, labels.numpy() == 1, strict=True)]
    return [
        {
            "dice": round(dice_score(of_case), 5),
            "sensitivity": round(sensitivity(of_case), 5),
            "specificity": round(specificity(of_case), 5),
            "false_negatives": of_case.fn,
            "false_positives": of_case.fp,
        }
        for of_case in counts
    ]


def _batches(cases: int, size: int, steps: int) -> Iterator[Tensor]:
    """Batches of equal size, each epoch in another order."""
    per_epoch = cases // size
    epochs = (torch.randperm(cases)[: per_epoch * size].split(size) for _ in range(math.ceil(steps / per_epoch)))
    return (batch for _, batch in zip(range(steps), (batch for epoch in epochs for batch in epoch), strict=False))


def _finite(value: Tensor) -> Tensor:
    if not value.isfinite():
        raise DivergedError(f"the loss became {value.item()}")
    return value
