"""What a loss says about simple predictions: the numbers behind its portrait in the guided tour."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, shift
from torch import Tensor

from segloss.data.phantoms import dermoscopy_phantom
from segloss.losses import LOSSES, SegmentationLoss, build_loss, signed_distance

# The only option without a default.
EXAMPLE_OPTIONS: dict[str, dict[str, Any]] = {"weighted_cross_entropy": {"positive_weight": 4.0}}
LESION_SHARE = 0.1
SURFACE_SIZE, IMBALANCE_SIZE, SCENE_SIZE = 32, 128, 64
# Foreground shares from one half to one in two thousand.
SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005)


@dataclass(frozen=True)
class Scene:
    """One phantom, its lesion, and a prediction with errors of every kind; all of one size (H, W)."""

    image: np.ndarray
    labels: Tensor
    probs: Tensor


def example_loss(name: str) -> SegmentationLoss:
    """The loss with its defaults, as all portraits show it."""
    return build_loss(name, **EXAMPLE_OPTIONS.get(name, {}))


def options_of(name: str) -> dict[str, Any]:
    """The options of a loss and the values that its portrait is drawn with."""
    parameters = inspect.signature(LOSSES[name]).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    return defaults | EXAMPLE_OPTIONS.get(name, {})


def disc(share: float, size: int) -> Tensor:
    """Labels (size, size) of a disc in the middle that fills this share of the image, to the pixel."""
    centre = (size - 1) / 2
    rows, columns = np.mgrid[:size, :size]
    order = np.argsort((rows - centre) ** 2 + (columns - centre) ** 2, axis=None, kind="stable")
    labels = np.zeros(size * size, dtype=np.int64)
    labels[order[: round(share * size * size)]] = 1
    return torch.from_numpy(labels.reshape(size, size))


def loss_over_p(name: str, probs: Sequence[float] | np.ndarray) -> np.ndarray:
    """Loss of an image in which every pixel gives its true class the probability p."""
    labels = disc(LESION_SHARE, SURFACE_SIZE)
    return _values(name, labels, [torch.where(labels > 0, p, 1 - p) for p in probs])


def loss_surface(name: str, inside: Sequence[float] | np.ndarray, outside: Sequence[float] | np.ndarray) -> np.ndarray:
    """Loss by the probability of every lesion pixel (columns) and of every background pixel (rows)."""
    labels = disc(LESION_SHARE, SURFACE_SIZE)
    grid = [torch.where(labels > 0, p, q) for q in outside for p in inside]
    return _values(name, labels, grid).reshape(len(outside), len(inside))


def _values(name: str, labels: Tensor, predictions: list[Tensor]) -> np.ndarray:
    loss, distance = example_loss(name), _distance(labels)
    with torch.no_grad():
        values = [loss(probs.double().logit()[None, None], labels[None], distance).item() for probs in predictions]
    return np.array(values)


def logit_gradient(name: str, probs: Tensor, labels: Tensor) -> np.ndarray:
    """Gradient of the loss of one image (H, W) in each pixel's logit: what the network is told to change."""
    logits = probs.double().logit()[None, None].requires_grad_()
    (gradient,) = torch.autograd.grad(example_loss(name)(logits, labels[None], _distance(labels)), logits)
    return gradient[0, 0].numpy()


def loss_of_scene(name: str, scene: Scene) -> float:
    """Value of the loss on a scene."""
    return float(_values(name, scene.labels, [scene.probs])[0])


def untrained(labels: Tensor) -> Tensor:
    """What a network says before it has learnt anything: one half, give or take a little."""
    noise = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, labels.shape))
    return noise.sigmoid()


def lesion_missed(labels: Tensor) -> Tensor:
    """What it says once it has learnt the background alone."""
    return torch.where(labels > 0, 0.1, 0.02)


STATES = {"untrained, p ≈ 0.5": untrained, "lesion missed, p = 0.1 in it, 0.02 outside": lesion_missed}


def lesion_share_of_gradient(name: str, state: str, shares: Sequence[float] = SHARES) -> np.ndarray:
    """How much of the gradient comes from the lesion's pixels, by the lesion's share of the image.

    Returns:
        Sum of |gradient| over the lesion over the sum over all pixels; NaN where the loss has no gradient at all.
    """
    results = []
    for share in shares:
        labels = disc(share, IMBALANCE_SIZE)
        strength = np.abs(logit_gradient(name, STATES[state](labels), labels))
        results.append(strength[labels.numpy() > 0].sum() / strength.sum() if strength.any() else np.nan)
    return np.array(results)


def tour_scene() -> Scene:
    """A phantom with a lesion of about 15 %, and a prediction that is off to one side and has a far false spot."""
    image, mask = dermoscopy_phantom(seed=4, size=SCENE_SIZE, lesion_share=0.15)
    moved = shift(mask.astype(float), (3, -4), order=1)
    rows, columns = np.mgrid[:SCENE_SIZE, :SCENE_SIZE]
    spot = np.hypot(rows - 10, columns - 10) < 5
    blurred = gaussian_filter(np.maximum(moved, spot), 1.5)
    probs = 0.04 + 0.92 * np.clip(blurred, 0, 1)
    return Scene(image, torch.from_numpy(mask.astype(np.int64)), torch.from_numpy(probs))


def _distance(labels: Tensor) -> Tensor:
    return signed_distance(labels[None], classes=2)[:, 1:]
