"""Losses as PyTorch modules: weighted sums of terms, and schedules that change the loss as training goes on."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from segloss.losses.quantities import Quantities

Term = Callable[[Quantities], Tensor]


class SegmentationLoss(nn.Module):
    """A loss of logits and labels. ``phase`` names what is minimised at the present epoch."""

    phase: str

    def set_epoch(self, epoch: int, total: int) -> None:
        """Tell the loss that epoch ``epoch`` (from 0) of ``total`` begins. Most losses do not care."""

    def forward(self, logits: Tensor, labels: Tensor, distance: Tensor | None = None) -> Tensor:
        r"""The loss, a scalar in float32 or better.

        Args:
            logits: (B, C, \*spatial), any floating point precision; also under autocast.
            labels: Integers (B, \*spatial).
            distance: Signed distance maps (B, C, \*spatial) for the losses that want them; computed if left out.
        """
        raise NotImplementedError


class WeightedSum(SegmentationLoss):
    r"""The sum :math:`\sum_k w_k L_k` of weighted terms, which share one set of probabilities and counts.

    Args:
        terms: Weight and term by name.
        ignore_index: Label of pixels that count nowhere.
    """

    def __init__(self, terms: Mapping[str, tuple[float, Term]], ignore_index: int | None = None) -> None:
        super().__init__()
        self.terms = {name: term for name, (_, term) in terms.items()}
        self.weights = {name: weight for name, (weight, _) in terms.items()}
        self.ignore_index = ignore_index
        self.phase = "_plus_".join(terms)

    def forward(self, logits: Tensor, labels: Tensor, distance: Tensor | None = None) -> Tensor:
        with torch.autocast(logits.device.type, enabled=False):
            quantities = Quantities(logits, labels, self.ignore_index, distance)
            values = [self.weights[name] * term(quantities) for name, term in self.terms.items()]
            return sum(values[1:], start=values[0])


class LinearReweighting(WeightedSum):
    r"""A weighted sum whose weights go in a straight line from their first value to their last.

    .. math:: w_k(e) = a_k + (b_k - a_k) \min\left(1, \frac{e}{uE - 1}\right)

    for epoch e = 0, 1, ... of E. The last value is reached in the last epoch of the share u and then stays.

    Args:
        terms: First weight, last weight and term by name.
        until: Share u of the training, in (0, 1].
        ignore_index: Label of pixels that count nowhere.

    Reference:
        Kervadec et al. (2019), Boundary loss, eq. 6 with its schedule of alpha from 1 to 0.01 by 0.01 an epoch.
        Deviation: a share of the training, so that the schedule stretches with it.
    """

    def __init__(
        self, terms: Mapping[str, tuple[float, float, Term]], until: float = 1.0, ignore_index: int | None = None
    ) -> None:
        if not 0 < until <= 1:
            raise ValueError(f"until must lie in (0, 1], got {until}")
        super().__init__({name: (first, term) for name, (first, _, term) in terms.items()}, ignore_index)
        self.ends = {name: (first, last) for name, (first, last, _) in terms.items()}
        self.until = until

    def set_epoch(self, epoch: int, total: int) -> None:
        """Set the weights of this epoch."""
        progress = min(1.0, epoch / max(round(self.until * total) - 1, 1))
        self.weights = {name: first + (last - first) * progress for name, (first, last) in self.ends.items()}


class TwoPhase(SegmentationLoss):
    """One loss for the first share of the training, another one for the rest.

    Args:
        first, second: The two losses.
        switch: Share of the epochs given to the first loss, strictly between 0 and 1.

    Reference:
        Zhang (2019), Technical Report on Kappa Loss, section 4.3.2: 50 of 100 epochs each.
    """

    def __init__(self, first: SegmentationLoss, second: SegmentationLoss, switch: float) -> None:
        super().__init__()
        if not 0 < switch < 1:
            raise ValueError(f"switch must lie between 0 and 1, got {switch}")
        self.first, self.second, self.switch = first, second, switch
        self.present = first

    @property
    def phase(self) -> str:  # type: ignore[override]
        """What the present loss minimises."""
        return self.present.phase

    def set_epoch(self, epoch: int, total: int) -> None:
        """Choose the loss of this epoch; each loss is told its own epochs."""
        first_epochs = round(self.switch * total)
        if epoch < first_epochs:
            self.present = self.first
            self.first.set_epoch(epoch, first_epochs)
        else:
            self.present = self.second
            self.second.set_epoch(epoch - first_epochs, total - first_epochs)

    def forward(self, logits: Tensor, labels: Tensor, distance: Tensor | None = None) -> Tensor:
        return self.present(logits, labels, distance)
