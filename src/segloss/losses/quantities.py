"""What losses are made of, computed once per call for all terms: probabilities, masks, counts, pixel by pixel terms."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from segloss.losses.counts import Agreement, Counts, cells, confusion_matrix
from segloss.losses.distance_maps import signed_distance
from segloss.losses.true_class import SMALLEST_ERROR, CrossEntropySum, TrueClass

IGNORED = -100  # the label that torch's cross entropy leaves out


class NonFiniteLogitsError(ValueError):
    """The network produced NaN or infinity: a diverged training, not a wrong call."""


class once:
    """A property computed at its first use. Unlike functools.cached_property it takes no lock, so it compiles."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function, self.name, self.__doc__ = function, function.__name__, function.__doc__

    def __get__(self, owner: Any, _: type) -> Any:
        if owner is None:
            return self
        value = self.function(owner)
        owner.__dict__[self.name] = value
        return value


class Quantities:
    r"""Everything that formulas need, from logits (B, C, \*spatial) and labels (B, \*spatial).

    Channel 0 is background. A single channel z (C = 1) stands for the two logits (0, z), so that its sigmoid is the
    foreground's softmax; from here on there are at least two classes. Sums are in float32 or better. Pixels labelled
    ``ignore_index`` count nowhere. The inputs are never modified.

    Attributes:
        logits: (B, C, \*spatial), C >= 2.
        labels: (B, \*spatial), int64; 0 where a pixel does not count.
        valid: (B, \*spatial), whether a pixel counts; None if all do.

    Args:
        logits: Floating point, any precision.
        labels: Integers in 0..C-1, or 0..1 for a single channel.
        ignore_index: The label of pixels that count nowhere.
        distance: Signed distance maps (B, C, \*spatial) as :func:`signed_distance` gives them; computed when a loss
            asks for them, if left out.

    Raises:
        ValueError: If a shape, a dtype or a label value is not as expected.
        NonFiniteLogitsError: If a logit is NaN or infinite.
    """

    def __init__(
        self, logits: Tensor, labels: Tensor, ignore_index: int | None = None, distance: Tensor | None = None
    ) -> None:
        _check_shapes(logits, labels, distance)
        labels = labels.long()
        logits = logits if logits.dtype == torch.float64 else logits.float()
        _check_values(logits, labels, ignore_index)
        self.binary = logits.shape[1] == 1
        self.logits = (torch.cat([torch.zeros_like(logits), logits], dim=1) if self.binary else logits).contiguous()
        self.valid = None if ignore_index is None else labels != ignore_index
        self.labels = labels if self.valid is None else labels.where(self.valid, 0)
        self._distance = distance

    @property
    def classes(self) -> int:
        """C, the background included."""
        return self.logits.shape[1]

    @property
    def pixels(self) -> int | Tensor:
        """How many pixels of the batch count, but at least 1, to divide by."""
        return self.labels.numel() if self.valid is None else self.valid.sum().clamp(min=1)

    @once
    def target(self) -> Tensor:
        r"""One-hot masks g (B, C, \*spatial) in the dtype of the logits; all 0 where a pixel does not count."""
        labels = self.labels if self.valid is None else self.labels.where(self.valid, -1)
        if torch.compiler.is_compiling():
            return torch.stack([labels == label for label in range(self.classes)], dim=1).to(self.logits.dtype)
        with torch.no_grad():
            masks = torch.empty_like(self.logits)
            last = masks[:, -1].copy_(labels)  # comparing floats into floats is the fastest way there is
            for label in range(self.classes):
                torch.eq(last, label, out=masks[:, label])
            return masks

    @once
    def _agreement(self) -> tuple[Tensor, Tensor]:
        if torch.compiler.is_compiling():
            probs = torch.softmax(self.logits, dim=1)
            return probs, cells(confusion_matrix(probs, self.target))
        return Agreement.apply(self.logits, self.target)

    @property
    def probs(self) -> Tensor:
        r"""Probabilities p (B, C, \*spatial), the softmax of the logits."""
        return self._agreement[0]

    def counts(self, include_background: bool) -> Counts:
        """Soft counts of all classes, or of the foreground classes alone."""
        counts = self._agreement[1]
        return Counts(*(counts if include_background else counts[:, :, 1:]).unbind())

    @once
    def cross_entropy_sum(self) -> Tensor:
        """Cross entropy of all counted pixels together, a scalar."""
        if self.logits.device.type == "cpu" and not torch.compiler.is_compiling():
            return CrossEntropySum.apply(self.logits, self.target)
        labels = self.labels if self.valid is None else self.labels.where(self.valid, IGNORED)
        return functional.cross_entropy(self.logits, labels, ignore_index=IGNORED, reduction="sum")

    @once
    def _true_class(self) -> tuple[Tensor, Tensor]:
        return TrueClass.apply(self.logits, self.target)

    @property
    def cross_entropy(self) -> Tensor:
        r"""Cross entropy of each pixel, -log p of its true class, (B, \*spatial)."""
        return self._true_class[0]

    @property
    def error(self) -> Tensor:
        r"""1 - p of the true class's probability p, (B, \*spatial), without cancellation where p is near 1."""
        return self._true_class[1]

    @once
    def log_error(self) -> Tensor:
        r"""log(1 - p) of the true class's probability p, (B, \*spatial); no error is smaller than 1e-30."""
        return self.error.clamp(min=SMALLEST_ERROR * torch.finfo(self.error.dtype).tiny).log()

    @once
    def log_probs(self) -> Tensor:
        r"""log p of every class, (B, C, \*spatial)."""
        return torch.log_softmax(self.logits, dim=1)

    @once
    def log_complements(self) -> Tensor:
        r"""log(1 - p) of every class, (B, C, \*spatial), without cancellation where p is near 1."""
        if self.classes == 2:
            return self.log_probs.flip(1)
        likely = self.log_probs > -math.log(2)  # at most one class of a pixel
        of_likely = self.log_probs.masked_fill(likely, float("-inf")).logsumexp(1, keepdim=True)
        of_others = torch.log1p(-torch.exp(self.log_probs).masked_fill(likely, 0))
        return torch.where(likely, of_likely, of_others)

    @once
    def distance(self) -> Tensor:
        r"""Signed distance maps of the foreground classes, (B, C - 1, \*spatial): given, or computed in pixels."""
        if self._distance is None:
            maps = signed_distance(self.labels, self.classes, include_background=False)
        else:
            maps = self._distance if self.binary else self._distance[:, 1:]
        return maps.to(self.logits)

    def pixel_mean(self, values: Tensor) -> Tensor:
        r"""Mean of ``values`` (B, \*spatial) over all counted pixels of the batch; 0 where there is none."""
        return values.mean() if self.valid is None else (values * self.valid).sum() / self.pixels

    def pixel_sums(self, values: Tensor) -> Tensor:
        r"""Sums of ``values`` (B, K, \*spatial) over the counted pixels of each sample, (B, K)."""
        if self.valid is not None:
            values = values * self.valid.unsqueeze(1)
        return values.flatten(2).sum(2)


def _check_shapes(logits: Tensor, labels: Tensor, distance: Tensor | None) -> None:
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
    if distance is not None and distance.shape != logits.shape:
        raise ValueError(
            f"distance must have the shape of the logits, {tuple(logits.shape)}, got {tuple(distance.shape)}"
        )
    if not logits.numel():
        raise ValueError(f"logits must hold at least one pixel, got shape {tuple(logits.shape)}")


def _check_values(logits: Tensor, labels: Tensor, ignore_index: int | None) -> None:
    if torch.compiler.is_compiling():
        return
    # A NaN or an infinity makes the sum non-finite; so may huge finite values, hence the second look.
    if not math.isfinite(logits.detach().sum()) and not logits.isfinite().all():
        raise NonFiniteLogitsError("logits must be finite, got NaN or infinity")
    counted = labels if ignore_index is None else labels.where(labels != ignore_index, 0)
    lowest, highest = (int(value) for value in counted.aminmax())
    largest = max(logits.shape[1], 2) - 1
    if lowest < 0 or highest > largest:
        raise ValueError(f"labels must lie in 0..{largest}, got values from {lowest} to {highest}")
