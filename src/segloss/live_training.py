"""A training short enough to watch: the same small network, the same phantoms, two losses, half a minute.

The trainings of the reports run in the pipeline, by the papers' protocols; this one shows what they do.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from segloss.data.phantoms import dermoscopy_phantom
from segloss.losses import build_loss
from segloss.networks import build_network

SIZE = 64
LESION_SHARE = 0.05
TRAINING, TEST = 24, 8  # phantoms
BATCH = 4


@dataclass
class LiveRun:
    """What one loss made of the network.

    Attributes:
        loss: Its name in the registry.
        steps: After how many steps the network was looked at.
        dice: Mean Dice index of the test phantoms, after each of these.
        probs: Probabilities (H, W) of the first test phantom, after each of these.
    """

    loss: str
    steps: list[int] = field(default_factory=list)
    dice: list[float] = field(default_factory=list)
    probs: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True)
class LiveTraining:
    """Two or more runs, and the test phantom that they are shown on: picture (H, W, 3) and mask (H, W)."""

    image: np.ndarray
    mask: np.ndarray
    runs: tuple[LiveRun, ...]


def train_live(
    losses: Sequence[str], steps: int = 300, look_every: int = 20, learning_rate: float = 1e-3
) -> LiveTraining:
    """Train one network per loss on phantoms with small lesions; everything but the loss is the same.

    The same call gives the same numbers on the same kind of processor: one thread, one seed.

    Args:
        losses: Names of the registry, of losses whose options have defaults.
        steps: Optimiser steps of each run.
        look_every: After so many steps the test phantoms are predicted.
        learning_rate: Of Adam.
    """
    images, labels = phantoms(range(TRAINING + TEST))
    with one_thread():
        runs = tuple(_train(name, images, labels, steps, look_every, learning_rate) for name in losses)
    return LiveTraining(*dermoscopy_phantom(TRAINING, SIZE, LESION_SHARE), runs)


def phantoms(seeds: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, H, W) in [0, 1] and labels (n, H, W)."""
    pictures, masks = zip(*(dermoscopy_phantom(seed, SIZE, LESION_SHARE) for seed in seeds), strict=True)
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 255, torch.from_numpy(np.stack(masks)).long()


def _train(name: str, images: Tensor, labels: Tensor, steps: int, look_every: int, learning_rate: float) -> LiveRun:
    torch.manual_seed(0)
    network = build_network("unet2d", in_channels=3, out_channels=1, filters=4, dropout=0.0, head_filters=None)
    optimiser = torch.optim.Adam(network.parameters(), learning_rate)
    loss, run = build_loss(name), LiveRun(name)
    for step in range(steps + 1):
        if step % look_every == 0:
            _look(network, images[TRAINING:], labels[TRAINING:], step, run)
        batch = torch.randint(TRAINING, (BATCH,))
        value = loss(network(images[batch]), labels[batch])
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    return run


@torch.no_grad()
def _look(network: torch.nn.Module, images: Tensor, labels: Tensor, step: int, run: LiveRun) -> None:
    network.eval()
    probs = network(images).sigmoid()[:, 0]
    network.train()
    predicted, true = probs > 0.5, labels > 0
    both, sizes = (predicted & true).sum((1, 2)), predicted.sum((1, 2)) + true.sum((1, 2))
    run.steps.append(step)
    run.dice.append(float((2 * both / sizes).mean()))
    run.probs.append(probs[0].numpy())


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums of several threads are rounded differently from run to run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
