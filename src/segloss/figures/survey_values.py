"""Numbers behind the figures of the survey: its curves, the log-cosh of the Dice loss, bulges, one-sided distances."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from scipy.spatial.distance import cdist, directed_hausdorff

from segloss.figures.probes import value_and_gradient
from segloss.losses import build_loss
from segloss.verdicts.survey_arithmetic import dice_and_log_cosh


def pixel_curves(settings: dict[str, dict], probs: Sequence[float]) -> pd.DataFrame:
    """Loss of a single pixel of either class by its predicted probability of foreground.

    Args:
        settings: Specification of :func:`segloss.losses.build_loss` by label.
        probs: Strictly between 0 and 1.

    Returns:
        label, target (1 foreground, 0 background), probability, loss.
    """
    losses = {label: build_loss(spec) for label, spec in settings.items()}
    rows = [
        (label, target, p, value_and_gradient(loss, torch.tensor([p]), torch.tensor([target]))[0])
        for label, loss in losses.items()
        for target in (1, 0)
        for p in probs
    ]
    return pd.DataFrame(rows, columns=["label", "target", "probability", "loss"])


def push_by_dice(indices: Sequence[float], pixels: int = 10_000) -> pd.DataFrame:
    """Dice and log-cosh Dice of an image by its Dice index, and the length of their gradients in its probabilities.

    Half of the image is lesion, and every pixel has the same error, so that the soft Dice index is the one wanted.

    Returns:
        index, and for both losses their value and the length of the gradient, scaled so that a slope of 1 in the Dice
        index has the length 1.
    """
    labels, rows = (torch.arange(pixels) < pixels // 2).long(), []
    for index in indices:
        probs = (1 - index) + (2 * index - 1) * labels.double()  # P = G, so that the index is the p of the lesion
        found = [value_and_gradient(build_loss(name, smooth=1.0), probs, labels) for name in ("dice", "log_cosh_dice")]
        lengths = [gradient.norm().item() for _, gradient in found]
        rows.append((index, found[0][0], found[1][0], 1.0, lengths[1] / lengths[0]))
    return pd.DataFrame(rows, columns=["index", "dice", "log_cosh_dice", "dice_push", "log_cosh_dice_push"])


def along_a_segment(
    first: Sequence[float], last: Sequence[float], target: Sequence[float], steps: int = 101
) -> pd.DataFrame:
    """Both losses on the way from one prediction to another, and the straight line between the ends of each.

    Returns:
        way (0 to 1), dice, dice_chord, log_cosh_dice, log_cosh_dice_chord.
    """
    way = np.linspace(0, 1, steps)
    probs = np.outer(1 - way, first) + np.outer(way, last)
    frame = pd.DataFrame({"way": way})
    both = dice_and_log_cosh(probs, np.asarray(target, dtype=float))
    for name, losses in zip(("dice", "log_cosh_dice"), both, strict=True):
        frame[name], frame[f"{name}_chord"] = losses, np.interp(way, [0, 1], losses[[0, -1]])
    return frame


def pull_of_two_images(easy: Sequence[float], hard: float) -> pd.DataFrame:
    """How a batch of two images shares its gradient: the harder image's part, by the Dice index of the easier one.

    For one image, log-cosh changes the length of the gradient by the factor tanh of its Dice loss, and never its
    direction; so all that it can change is what the images of a batch weigh.

    Args:
        easy: Dice indices of the easier image.
        hard: Dice index of the harder one.

    Returns:
        index (of the easier image), dice, log_cosh_dice: the harder image's share of the two weights.
    """
    weights = np.tanh(1 - np.asarray(easy)), np.tanh(1 - hard)
    return pd.DataFrame({"index": easy, "dice": 0.5, "log_cosh_dice": weights[1] / (weights[0] + weights[1])})


def sides_of_the_distance(masks: dict[str, np.ndarray], truth: np.ndarray) -> pd.DataFrame:
    """Equation 23 between the pixels of two masks, from the truth, from the prediction, and the larger (errata S13).

    Returns:
        prediction, from_truth, from_prediction, hausdorff, in pixels.
    """
    rows = []
    for name, mask in masks.items():
        points = [np.argwhere(each) for each in (truth, mask)]
        sides = [directed_hausdorff(*order)[0] for order in (points, points[::-1])]
        rows.append((name, *sides, max(sides)))
    return pd.DataFrame(rows, columns=["prediction", "from_truth", "from_prediction", "hausdorff"])


def farthest(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The pixel of a mask farthest from another mask, and the nearest one of that mask; (2, 2), x and y."""
    points, targets = (np.argwhere(each)[:, ::-1] for each in (mask, other))
    distances = cdist(points, targets)
    place = distances.min(axis=1).argmax()
    return np.stack([points[place], targets[distances[place].argmin()]])
