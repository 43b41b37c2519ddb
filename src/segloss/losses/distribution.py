"""Distribution family: losses that compare the predicted and the true class pixel by pixel."""

from torch import Tensor

from segloss.losses.quantities import Quantities


def cross_entropy_loss(quantities: Quantities) -> Tensor:
    r"""Cross entropy, the mean over all pixels of the batch.

    .. math:: L = -\frac{1}{N} \sum_i \log p_{i, y_i}

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels y (B, \*spatial).

    Returns:
        Scalar in [0, inf), in nats; 0 is a perfect match. An empty or a full mask is a mask like any other.

    Reference:
        Zhang (2019), Technical Report on Kappa Loss, section 2 and Table 3 (named there, not printed).

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.0, 0.0, 2.0]]])             # B=1, C=1, three pixels
        >>> loss = cross_entropy_loss(Quantities(logits, torch.tensor([[0, 1, 1]])))
        >>> round(loss.item(), 4)                                  # (2 log 2 + log(1 + exp(-2))) / 3
        0.5044
    """
    return quantities.pixel_mean(quantities.cross_entropy)
