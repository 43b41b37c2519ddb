"""What keeping only the hardest foreground does on made-up predictions, behind the figures of the TopK Dice paper."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.special import expit

from segloss.figures.probes import PIXELS, certain, lesion_of, value_and_gradient
from segloss.losses import SegmentationLoss, build_loss
from segloss.verdicts.topk_arithmetic import ignored_by_equation_4

LEAST = 1e-4  # logits must be finite


def soft_prediction(labels: np.ndarray, blur_px: float) -> np.ndarray:
    """Probabilities of every class, background first, that add up to 1: the labels (H, W), blurred; (C, H, W)."""
    masks = [gaussian_filter((labels == label).astype(float), blur_px) for label in range(int(labels.max()) + 1)]
    return np.stack(masks) / np.sum(masks, axis=0)


def with_a_missed_part(mask: np.ndarray, share: float, softness_px: float) -> np.ndarray:
    """Foreground probabilities of a mask (H, W) whose right end, this share of its area, is missed.

    The surer the deeper: a logistic function of the distance to the border of what is found, in units of
    ``softness_px``.
    """
    columns = np.nonzero(mask)[1]
    found = mask & (np.arange(mask.shape[1]) <= np.quantile(columns, 1 - share))
    depth = distance_transform_edt(found) - distance_transform_edt(~found)
    return np.clip(expit(depth / softness_px), LEAST, 1 - LEAST)


def easiest(probs: np.ndarray, mask: np.ndarray, keep: float) -> np.ndarray:
    """The ignore map of one class: where the floor((1 - keep) n) of its n foreground pixels with the highest p lie.

    Equations 3 and 4 with the exact number (errata T1); of equal p the earlier pixel is ignored.

    Args:
        probs: Probabilities of the class (H, W).
        mask: Its true pixels (H, W).
        keep: Share of them that is kept, in (0, 1].
    """
    foreground = np.flatnonzero(mask)
    order = np.argsort(-probs.ravel()[foreground], kind="stable")
    ignored = np.zeros(mask.size, dtype=bool)
    ignored[foreground[order[: int(round((1 - keep) * foreground.size, 6))]]] = True
    return ignored.reshape(mask.shape)


def ignore_map(probs: np.ndarray, labels: np.ndarray, keep: float) -> np.ndarray:
    """Pixels that are ignored in the class they belong to; probabilities (C, H, W) and labels (H, W)."""
    present = [label for label in np.unique(labels) if label > 0]
    return np.any([easiest(probs[label], labels == label, keep) for label in present], axis=0)


def kept_share_losses(probs: np.ndarray, mask: np.ndarray, keeps: Sequence[float]) -> pd.DataFrame:
    """Value of the loss on one fixed prediction for each K, and where its gradient lies.

    Returns:
        keep, kept and ignored (true pixels), loss, and the share of the gradient's absolute sum that falls on the true
        pixels (on_foreground).
    """
    rows = []
    for keep in keeps:
        value, gradient = value_and_gradient(topk_dice(keep), torch.from_numpy(probs), torch.from_numpy(mask).long())
        pull = gradient.abs().numpy()
        ignored = int(easiest(probs, mask, keep).sum())
        rows.append((keep, int(mask.sum()) - ignored, ignored, value, pull[mask].sum() / pull.sum()))
    return pd.DataFrame(rows, columns=["keep", "kept", "ignored", "loss", "on_foreground"])


def kept_share_gradients(probs: np.ndarray, mask: np.ndarray, keeps: Sequence[float]) -> dict[float, np.ndarray]:
    """Gradient of the loss in each probability (H, W), times the number of pixels, for each K."""
    tensors = torch.from_numpy(probs), torch.from_numpy(mask).long()
    return {keep: value_and_gradient(topk_dice(keep), *tensors)[1].numpy() for keep in keeps}


def missed_and_added_sweep(keeps: Sequence[float], errors: Sequence[float], share: float = 0.1) -> pd.DataFrame:
    """Loss of a sure prediction that misses a part of the lesion, or adds as many pixels beside it.

    Args:
        keeps: Shares of the true pixels that are kept.
        errors: Wrong pixels, as shares of the lesion.
        share: Of the image that the lesion fills.

    Returns:
        keep, error, kind ("missed" or "added"), loss.
    """
    rows = [
        (
            keep,
            error,
            kind,
            value_and_gradient(topk_dice(keep), certain(share * (1 + sign * error)), lesion_of(share))[0],
        )
        for error in errors
        for kind, sign in (("missed", -1), ("added", 1))
        for keep in keeps
        if round(keep * share * PIXELS) > 0
    ]
    return pd.DataFrame(rows, columns=["keep", "error", "kind", "loss"])


def topk_dice(keep: float) -> SegmentationLoss:
    """The loss with this share kept."""
    return build_loss("topk_dice", keep=keep)


def ignored_counts(pixels: Sequence[int], keep: float, seed: int = 0) -> pd.DataFrame:
    """How many foreground pixels each reading of equations 2 to 4 ignores, of probabilities rounded to two digits.

    Returns:
        The number of pixels, the share of them that shall be ignored, and what is: by eq. 4 as printed (above the D-th
        highest), with "at least" in its place, as printed with the perturbation of eq. 2, and by the exact count.
    """
    rng, rows = np.random.default_rng(seed), []
    for number in pixels:
        probs = np.round(rng.beta(4, 1, number), 2)
        threshold = np.sort(probs)[-int(round((1 - keep) * number, 6))]
        perturbed = ignored_by_equation_4(probs + rng.uniform(0, 1e-3, number), keep)
        counts = ignored_by_equation_4(probs, keep), int((probs >= threshold).sum()), perturbed
        rows.append(
            (number, (1 - keep) * number, *counts, int(easiest(probs, np.ones(number, dtype=bool), keep).sum()))
        )
    heads = ["foreground pixels", "to be ignored", "eq. 4 as printed", "at least", "with the perturbation", "here"]
    return pd.DataFrame(rows, columns=heads)
