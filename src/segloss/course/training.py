"""Half a minute of training on phantoms with tiny lesions, for the assignment on imbalance."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from segloss.data.phantoms import imbalance_phantom
from segloss.losses import build_loss
from segloss.networks import build_network
from segloss.sweep.protocol import Protocol

SHARE = 0.001
STEPS = 100
STEPS_BETWEEN_LOOKS = 10
WATCHED = 16

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Lesson:
    """What networks that differ in their loss alone say about pictures that none of them learns from.

    Attributes:
        progress: Columns ``loss``, ``step``; ``inside`` and ``outside``, the mean probability that lesion pixels and
            all others get; ``found``, the share of the lesion pixels above one half; ``false_pixels``, how many others
            of a picture are.
        pictures: The watched pictures (N, size, size).
        masks: Their true masks.
        probs: By loss, the probabilities of the watched pictures at the end.
    """

    progress: pd.DataFrame
    pictures: np.ndarray
    masks: np.ndarray
    probs: dict[str, np.ndarray]


def train_on_tiny_lesions(losses: Mapping[str, Any], share: float = SHARE, steps: int = STEPS, seed: int = 1) -> Lesson:
    """Train the small U-Net of the sweep once with each loss, on one thread.

    All networks start from the same weights and see the same pictures in the same order, new ones at each step.

    Args:
        losses: By a name of your choice, what :func:`segloss.losses.build_loss` takes.
        share: Foreground share of every picture; by default one spot of 2 x 2 pixels in 64 x 64.
        steps: Of the optimiser.
        seed: Of the weights and the pictures for training; the watched ones are always the same.
    """
    protocol, threads = Protocol.read(), torch.get_num_threads()
    torch.set_num_threads(1)  # more threads are no faster on pictures this small, and round differently
    try:
        watched = _batch((0,), WATCHED, share, protocol)
        looks, probs = [], {}
        for name, spec in losses.items():
            torch.manual_seed(seed)
            network = build_network(**protocol.training["network"], in_channels=1, out_channels=1)
            batches = (
                _batch((1, seed, step), protocol.training["batch_size"], share, protocol) for step in range(steps)
            )
            looks += [{"loss": name} | look for look in _train(network, spec, batches, watched, protocol)]
            probs[name] = _probs(network, watched[0]).numpy()
    finally:
        torch.set_num_threads(threads)
    return Lesson(pd.DataFrame(looks), watched[0].squeeze(1).numpy(), watched[1].numpy() == 1, probs)


def _train(
    network: nn.Module, spec: Any, batches: Iterable[Batch], watched: Batch, protocol: Protocol
) -> Iterator[dict[str, float]]:
    loss = build_loss(spec)
    optimiser = torch.optim.Adam(network.parameters(), protocol.training["learning_rate"])
    yield {"step": 0} | _look(network, *watched)
    for step, (images, labels) in enumerate(batches, start=1):
        network.train()
        optimiser.zero_grad()
        loss(network(images), labels).backward()
        optimiser.step()
        if step % STEPS_BETWEEN_LOOKS == 0:
            yield {"step": step} | _look(network, *watched)


def _batch(seed: tuple[int, ...], cases: int, share: float, protocol: Protocol) -> Batch:
    """Pictures (N, 1, size, size) and labels (N, size, size)."""
    drawn = [imbalance_phantom((*seed, case), share, **protocol.picture) for case in range(cases)]
    pictures, masks = (np.stack(arrays) for arrays in zip(*drawn, strict=True))
    return torch.from_numpy(pictures)[:, None], torch.from_numpy(masks.astype(np.int64))


@torch.no_grad()
def _probs(network: nn.Module, images: Tensor) -> Tensor:
    network.eval()
    return network(images).sigmoid().squeeze(1)


def _look(network: nn.Module, images: Tensor, labels: Tensor) -> dict[str, float]:
    probs = _probs(network, images)
    inside, outside = probs[labels == 1], probs[labels == 0]
    return {
        "inside": inside.mean().item(),
        "outside": outside.mean().item(),
        "found": (inside > 0.5).double().mean().item(),
        "false_pixels": (outside > 0.5).sum().item() / len(labels),
    }
