"""The losses as a textbook would write them in torch: what the library is measured against besides its peers.

No shared quantities, no policy for empty masks, no guard against saturated logits: softmax, one-hot masks, sums.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def probabilities_and_masks(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax and one-hot masks, both (B, C, *spatial)."""
    probs = torch.softmax(logits, dim=1)
    return probs, functional.one_hot(labels, logits.shape[1]).movedim(-1, 1).to(probs.dtype)


def counts(logits: Tensor, labels: Tensor, first: int = 1) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """TP, FP, FN, TN per sample and class from class ``first`` on."""
    p, g = (values[:, first:].flatten(2) for values in probabilities_and_masks(logits, labels))
    return (p * g).sum(2), (p * (1 - g)).sum(2), ((1 - p) * g).sum(2), ((1 - p) * (1 - g)).sum(2)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    p, g = probabilities_and_masks(logits, labels)
    return -(g * p.log()).sum(1).mean()


def one_vs_rest(logits: Tensor, labels: Tensor, positive: float, negative: float) -> Tensor:
    p, g = (values[:, 1:] for values in probabilities_and_masks(logits, labels))
    return -(positive * g * p.log() + negative * (1 - g) * (1 - p).log()).mean()


def balanced_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    p, g = (values[:, 1:].flatten(2) for values in probabilities_and_masks(logits, labels))
    beta = 1 - g.mean(2, keepdim=True)
    return -(beta * g * p.log() + (1 - beta) * (1 - g) * (1 - p).log()).mean()


def focal(logits: Tensor, labels: Tensor) -> Tensor:
    p, g = probabilities_and_masks(logits, labels)
    return -(g * (1 - p) ** 2 * p.log()).sum(1).mean()


def topk_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    p, g = probabilities_and_masks(logits, labels)
    values = -(g * p.log()).sum(1).flatten()
    return values.topk(values.numel() // 2).values.mean()


def dice(logits: Tensor, labels: Tensor, smooth: float = 0.0) -> Tensor:
    tp, fp, fn, _ = counts(logits, labels)
    return (1 - (2 * tp + smooth) / (2 * tp + fp + fn + smooth)).mean()


def generalized_dice(logits: Tensor, labels: Tensor) -> Tensor:
    tp, fp, fn, _ = counts(logits, labels, first=0)
    weights = 1 / (tp + fn).detach() ** 2
    return (1 - 2 * (weights * tp).sum(1) / (weights * (2 * tp + fp + fn)).sum(1)).mean()


def tversky(logits: Tensor, labels: Tensor, exponent: float = 1.0) -> Tensor:
    tp, fp, fn, _ = counts(logits, labels)
    return ((1 - tp / (tp + 0.3 * fp + 0.7 * fn)) ** exponent).mean()


def cosine_tversky(logits: Tensor, labels: Tensor) -> Tensor:
    tp, fp, fn, _ = counts(logits, labels)
    return torch.cos(math.pi / 2 * tp / (tp + 0.3 * fp + 0.7 * fn)).mean()


def sensitivity_specificity(logits: Tensor, labels: Tensor) -> Tensor:
    tp, fp, fn, tn = counts(logits, labels)
    return (1 - 0.05 * tp / (tp + fn) - 0.95 * tn / (tn + fp)).mean()


def log_cosh_dice(logits: Tensor, labels: Tensor) -> Tensor:
    tp, fp, fn, _ = counts(logits, labels)
    return torch.log(torch.cosh(1 - (2 * tp + 1) / (2 * tp + fp + fn + 1))).mean()


def kappa(logits: Tensor, labels: Tensor) -> Tensor:
    tp, fp, fn, tn = counts(logits, labels)
    return (1 - 2 * (tp * tn - fp * fn) / ((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))).mean()


def topk_dice(logits: Tensor, labels: Tensor) -> Tensor:
    p, g = probabilities_and_masks(logits, labels)
    losses = []
    for probs, mask in zip(p[:, 1:].flatten(0, 1).flatten(1), g[:, 1:].flatten(0, 1).flatten(1) > 0, strict=True):
        hardest = probs[mask].sort(descending=True, stable=True).values[int(mask.sum()) // 2 :]
        denominator = (hardest**2).sum() + (probs[~mask] ** 2).sum() + len(hardest)
        losses.append(1 - 2 * hardest.sum() / denominator)
    return torch.stack(losses).mean()


def lovasz_softmax(logits: Tensor, labels: Tensor) -> Tensor:
    p, g = (values.flatten(0, 1).flatten(1) for values in probabilities_and_masks(logits, labels))
    losses = []
    for probs, mask in zip(p, g, strict=True):
        errors, order = (mask - probs).abs().sort(descending=True)
        sorted_mask = mask[order]
        intersection = mask.sum() - sorted_mask.cumsum(0)
        union = mask.sum() + (1 - sorted_mask).cumsum(0)
        jaccard = 1 - intersection / union
        losses.append((errors * jaccard.diff(prepend=jaccard.new_zeros(1))).sum())
    return torch.stack(losses).mean()


def combo(logits: Tensor, labels: Tensor) -> Tensor:
    return 0.5 * one_vs_rest(logits, labels, 0.5, 0.5) + 0.5 * dice(logits, labels)


def exponential_logarithmic(logits: Tensor, labels: Tensor) -> Tensor:
    tp, fp, fn, _ = counts(logits, labels)
    p, g = probabilities_and_masks(logits, labels)
    frequencies = g.mean([0, *range(2, g.ndim)]).view(-1, *[1] * (g.ndim - 2))
    pixels = (g * (1 / frequencies).sqrt() * (-p.log()) ** 0.3).sum(1)
    return 0.8 * ((-(2 * tp / (2 * tp + fp + fn)).log()) ** 0.3).mean() + 0.2 * pixels.mean()


def mixed_focal(logits: Tensor, labels: Tensor) -> Tensor:
    tp, fp, fn, _ = counts(logits, labels, first=0)
    return ((1 - tp / (tp + 0.3 * fp + 0.7 * fn)) ** 0.75).mean() + focal(logits, labels)


PLAIN: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": cross_entropy,
    "weighted_cross_entropy": lambda logits, labels: one_vs_rest(logits, labels, 2.0, 1.0),
    "balanced_cross_entropy": balanced_cross_entropy,
    "focal": focal,
    "topk_cross_entropy": topk_cross_entropy,
    "dice": dice,
    "generalized_dice": generalized_dice,
    "tversky": tversky,
    "focal_tversky": lambda logits, labels: tversky(logits, labels, exponent=0.75),
    "cosine_tversky": cosine_tversky,
    "sensitivity_specificity": sensitivity_specificity,
    "log_cosh_dice": log_cosh_dice,
    "kappa": kappa,
    "topk_dice": topk_dice,
    "lovasz_softmax": lovasz_softmax,
    "combo": combo,
    "exponential_logarithmic": exponential_logarithmic,
    "mixed_focal": mixed_focal,
    "cross_entropy_plus_dice": lambda logits, labels: cross_entropy(logits, labels) + dice(logits, labels),
    "dice_plus_focal": lambda logits, labels: dice(logits, labels) + focal(logits, labels),
}
