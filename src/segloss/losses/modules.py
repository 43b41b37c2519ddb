"""Losses as PyTorch modules: a weighted sum of terms, and schedules that change the loss as training goes on."""

from collections.abc import Callable

from torch import Tensor, nn

from segloss.losses.quantities import Quantities

Term = Callable[[Quantities], Tensor]


class SegmentationLoss(nn.Module):
    """A loss of logits and labels. ``phase`` names what is minimised at the present epoch."""

    phase: str

    def set_epoch(self, epoch: int, total: int) -> None:
        """Tell the loss that epoch ``epoch`` (from 0) of ``total`` begins. Most losses do not care."""

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss, a scalar, from logits (B, C, *spatial) and integer labels (B, *spatial)."""
        raise NotImplementedError


class WeightedSum(SegmentationLoss):
    r"""The sum :math:`\sum_k w_k L_k` of weighted terms, which share one set of probabilities and counts."""

    def __init__(self, terms: dict[str, tuple[float, Term]], ignore_index: int | None = None) -> None:
        super().__init__()
        self.terms, self.ignore_index = terms, ignore_index
        self.phase = "_plus_".join(terms)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        quantities = Quantities(logits, labels, self.ignore_index)
        values = [weight * term(quantities) for weight, term in self.terms.values()]
        return sum(values[1:], start=values[0])


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

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        return self.present(logits, labels)
