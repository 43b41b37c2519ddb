"""What losses are made of: probabilities, targets and soft counts, computed once per call for all terms."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional


class NonFiniteLogitsError(ValueError):
    """The network produced NaN or infinity: a diverged training, not a wrong call."""


@dataclass(frozen=True)
class Counts:
    """Soft counts of the agreement table, in pixels, each of shape (B, C).

    With probabilities p and masks g over the N counted pixels of one sample and class:
    TP = sum p g, FP = sum p (1 - g), FN = sum (1 - p) g, TN = sum (1 - p)(1 - g).
    """

    tp: Tensor
    predicted: Tensor
    true: Tensor
    pixels: Tensor

    @property
    def fp(self) -> Tensor:
        """Predicted, but not there."""
        return self.predicted - self.tp

    @property
    def fn(self) -> Tensor:
        """There, but not predicted."""
        return self.true - self.tp

    @property
    def tn(self) -> Tensor:
        """Neither there nor predicted."""
        return self.pixels - self.predicted - self.fn

    @classmethod
    def of(cls, probs: Tensor, target: Tensor, pixels: Tensor) -> Self:
        """Count over all spatial axes of ``probs`` and ``target`` (B, C, *spatial)."""
        p, g = probs.flatten(2), target.flatten(2)  # B C N
        return cls(tp=torch.einsum("bcn,bcn->bc", p, g), predicted=p.sum(2), true=g.sum(2), pixels=pixels)


class Quantities:
    """Everything that formulas need, from logits (B, C, *spatial) and labels (B, *spatial).

    C = 1 is the binary case (sigmoid); with C >= 2 (softmax) channel 0 is background. Sums are in float32 or better.
    Pixels labelled ``ignore_index`` count nowhere. The inputs are never modified.

    Raises:
        ValueError: If a shape, a dtype or a label value is not as expected.
        NonFiniteLogitsError: If a logit is NaN or infinite.
    """

    def __init__(self, logits: Tensor, labels: Tensor, ignore_index: int | None = None) -> None:
        _check(logits, labels, ignore_index)
        self.logits = logits if logits.dtype == torch.float64 else logits.float()
        self.valid = None if ignore_index is None else (labels != ignore_index).unsqueeze(1)  # B 1 *spatial
        self.labels = labels if self.valid is None else labels.where(self.valid.squeeze(1), 0)

    @property
    def binary(self) -> bool:
        """Whether there is a single channel, the foreground."""
        return self.logits.shape[1] == 1

    @cached_property
    def probs(self) -> Tensor:
        """Probabilities (B, C, *spatial): of the foreground if C = 1, else of each class."""
        return torch.sigmoid(self.logits) if self.binary else torch.softmax(self.logits, dim=1)

    @cached_property
    def target(self) -> Tensor:
        """One-hot masks (B, C, *spatial) in the dtype of the probabilities."""
        if self.binary:
            return self.labels.unsqueeze(1).to(self.probs.dtype)
        classes = torch.arange(self.logits.shape[1], device=self.labels.device)
        classes = classes.view(-1, *[1] * (self.labels.ndim - 1))
        return (self.labels.unsqueeze(1) == classes).to(self.probs.dtype)

    @cached_property
    def cross_entropy(self) -> Tensor:
        """Cross entropy of each pixel, -log of the probability of its true class, (B, *spatial)."""
        if self.binary:
            target = self.labels.unsqueeze(1).to(self.logits.dtype)
            return functional.binary_cross_entropy_with_logits(self.logits, target, reduction="none").squeeze(1)
        return functional.cross_entropy(self.logits, self.labels.long(), reduction="none")

    def counts(self, include_background: bool) -> Counts:
        """Soft counts of all classes, or of the foreground classes alone."""
        return self._counts_of_all if include_background else self._counts_of_foreground

    @cached_property
    def _counts_of_foreground(self) -> Counts:
        foreground = slice(0 if self.binary else 1, None)
        return self._count(self.probs[:, foreground], self.target[:, foreground])

    @cached_property
    def _counts_of_all(self) -> Counts:
        if not self.binary:
            return self._count(self.probs, self.target)
        return self._count(*(torch.cat([1 - x, x], dim=1) for x in (self.probs, self.target)))

    def _count(self, probs: Tensor, target: Tensor) -> Counts:
        if self.valid is None:
            pixels = probs.new_full((len(probs), 1), self.labels.shape[1:].numel())
        else:
            probs, target = probs * self.valid, target * self.valid
            pixels = self.valid.flatten(2).sum(2).to(probs.dtype)
        return Counts.of(probs, target, pixels)

    def pixel_mean(self, values: Tensor) -> Tensor:
        """Mean of ``values`` (B, *spatial) over all counted pixels of the batch; 0 where there is none."""
        if self.valid is None:
            return values.mean()
        valid = self.valid.squeeze(1)
        return (values * valid).sum() / valid.sum().clamp(min=1)


def mean_of_ratios(numerator: Tensor, denominator: Tensor, counted: Tensor) -> Tensor:
    """Mean over the ``counted`` classes of each sample, then over the samples that have one; all (B, C).

    Where nothing is counted the mean is 0, still attached to the graph.
    """
    ratio = numerator / denominator.where(counted, 1) * counted
    per_sample = ratio.sum(1) / counted.sum(1).clamp(min=1)
    return per_sample.sum() / counted.any(1).sum().clamp(min=1)


def _check(logits: Tensor, labels: Tensor, ignore_index: int | None) -> None:
    if logits.ndim < 3 or not logits.is_floating_point():
        raise ValueError(
            f"logits must be floating point of shape (B, C, *spatial), got {logits.dtype} of {tuple(logits.shape)}"
        )
    expected = (logits.shape[0], *logits.shape[2:])
    if tuple(labels.shape) != expected or labels.is_floating_point() or labels.is_complex():
        raise ValueError(
            f"labels must be integers of shape {expected} to go with logits {tuple(logits.shape)}, "
            f"got {labels.dtype} of {tuple(labels.shape)}"
        )
    if torch.compiler.is_compiling() or not labels.numel():
        return
    # A NaN or an infinity makes the sum non-finite; so may huge finite values, hence the second look.
    if not logits.detach().sum(dtype=torch.float64).isfinite() and not logits.isfinite().all():
        raise NonFiniteLogitsError("logits must be finite, got NaN or infinity")
    counted = labels if ignore_index is None else labels.where(labels != ignore_index, 0)
    lowest, highest = (int(value) for value in counted.aminmax())
    largest = max(logits.shape[1], 2) - 1
    if lowest < 0 or highest > largest:
        raise ValueError(f"labels must lie in 0..{largest}, got values from {lowest} to {highest}")
