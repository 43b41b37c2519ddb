"""What a loss costs: the time of a training step, against that with cross entropy in the same minute."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segloss.data.case import IGNORED
from segloss.data.splits import evenly_spread
from segloss.losses import SegmentationLoss, build_loss
from segloss.networks import build_network
from segloss.synthesis.cases import StudySlices
from segloss.synthesis.protocol import EXACT, Protocol, StudyRun
from segloss.training.computing import channels_last
from segloss.training.inputs import Batch

BASELINE = "cross_entropy"
QUARTILES = (25, 50, 75)


def step_costs(folder: Path, protocol: Protocol, scale: str) -> list[dict[str, Any]]:
    """Time a step of each loss of the comparison on a batch of a data set, all of whose slices have foreground.

    A round takes one step of every loss, so that a slow second hits all of them; a loss's ratio is that to cross
    entropy in the same round. Distance maps are there before the step, as in training.

    Returns:
        For each loss: loss, seconds (median of a step), and the quartiles of its ratios, low, ratio and high.
    """
    torch.set_num_threads(1)
    data = StudySlices(folder, 0, protocol, scale, EXACT)
    run = StudyRun(folder.name, BASELINE, 0, protocol.seeds[0], 1.0, BASELINE)
    settings = protocol.settings(run, scale)
    slices = timed_slices(data, settings.batch_size)
    cpu = torch.device("cpu")
    batch = Batch(*data.batch(slices, cpu), data.distance_maps(slices, cpu))
    torch.manual_seed(settings.seed)
    network = build_network(
        **settings.network, in_channels=data.channels, out_channels=1 if data.classes == 1 else 1 + data.classes
    ).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    # A rate of 0: all losses are timed on the same weights.
    optimiser = torch.optim.Adam(network.parameters(), 0.0, fused=True)
    losses = {name: build_loss(spec) for name, spec in protocol.losses.items()}
    timing = protocol.rules["timing"]
    rounds = [
        [_seconds(network, optimiser, loss, batch) for loss in losses.values()]
        for _ in range(timing["warm_up"] + timing["rounds"])
    ]
    seconds = np.array(rounds[timing["warm_up"] :])
    ratios = seconds / seconds[:, [list(losses).index(BASELINE)]]
    quartiles = np.percentile(ratios, QUARTILES, axis=0).T
    return [
        {"loss": name, "seconds": float(median), "low": float(low), "ratio": float(ratio), "high": float(high)}
        for name, median, (low, ratio, high) in zip(losses, np.median(seconds, axis=0), quartiles, strict=True)
    ]


def timed_slices(data: StudySlices, batch_size: int) -> NDArray[np.intp]:
    """Training slices with foreground, evenly spread; empty ones, of which some losses skip much, say little."""
    slices = data.slices_of(data.part(0, "train"))
    labels = np.asarray(data.labels[slices])
    filled = slices[((labels > 0) & (labels != IGNORED)).any(axis=(1, 2))]
    return filled[evenly_spread(len(filled), batch_size)]


def _seconds(network: torch.nn.Module, optimiser: torch.optim.Optimizer, loss: SegmentationLoss, batch: Batch) -> float:
    begun = time.perf_counter()
    optimiser.zero_grad(set_to_none=True)
    loss(network(channels_last(batch.images)), batch.labels, batch.distance).backward()
    optimiser.step()
    return time.perf_counter() - begun
