"""Region family: losses over the agreement table of prediction and truth, per sample and class."""

from torch import Tensor

from segloss.losses.quantities import Quantities, mean_of_ratios


def dice_loss(quantities: Quantities, *, smooth: float = 0.0, include_background: bool = False) -> Tensor:
    r"""One minus the soft Dice index.

    .. math:: L = 1 - \frac{2\,TP + s}{2\,TP + FP + FN + s} = \frac{FP + FN}{P + G + s}

    with :math:`P = TP + FP` predicted and :math:`G = TP + FN` true pixels. The second form is the one computed; it
    makes the likeness to the kappa loss plain.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        smooth: s, added to numerator and denominator, in pixels, >= 0.
        include_background: Count the background as a class too.

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. Mean over classes, then over samples. A class without a true pixel is
        left out of its sample's mean, unless ``smooth`` > 0 gives it a value; if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``smooth`` is negative.

    Reference:
        Zhang (2019), Technical Report on Kappa Loss, eq. 6. Deviation: the paper's "union" is a sum (errata K1).

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> loss = dice_loss(Quantities(logits, torch.tensor([[1, 1, 0, 0]])))   # TP 1.4, FP 0.2, FN 0.6
        >>> round(loss.item(), 4)                                                # 0.8 / 3.6
        0.2222
    """
    if smooth < 0:
        raise ValueError(f"smooth must be at least 0, got {smooth}")
    counts = quantities.counts(include_background)
    denominator = counts.predicted + counts.true + smooth
    return mean_of_ratios(counts.fp + counts.fn, denominator, (counts.true > 0) | (smooth > 0))


def kappa_loss(quantities: Quantities, *, include_background: bool = False) -> Tensor:
    r"""One minus Cohen's kappa of prediction and truth: agreement beyond chance, true negatives counted.

    .. math:: L = 1 - \frac{2\,(TP\,TN - FP\,FN)}{(TP+FP)(FP+TN) + (TP+FN)(FN+TN)}
                = \frac{FP + FN}{P + G - 2\,P\,G / N}

    with :math:`P = TP + FP` predicted, :math:`G = TP + FN` true and N counted pixels. Beside the Dice loss,
    :math:`(FP + FN) / (P + G)`, only the chance term 2 P G / N is new: it vanishes as true negatives grow.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        include_background: Count the background as a class too; with two classes the value stays the same.

    Returns:
        Scalar in [0, 2]; 0 is a perfect match, 1 agreement by chance. Mean over classes, then over samples. An empty
        or a full mask is left out of its sample's mean: kappa is the same there for every imperfect prediction, so
        that it has no gradient, and is undefined for the perfect one. If nothing is left, the loss is 0.

    Reference:
        Zhang (2019), Technical Report on Kappa Loss, eq. 1 with the soft counts of eq. 3. Deviations: FP and FN are
        named as in the paper's Table 1, not as in its eq. 3 (errata K3); the printed eq. 4 has lost a parenthesis and
        has the wrong product in its denominator (K4), and eq. 5 is not its gradient (K5).

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> loss = kappa_loss(Quantities(logits, torch.tensor([[1, 1, 0, 0]])))  # TP 1.4, FP 0.2, FN 0.6, TN 1.8
        >>> round(loss.item(), 4)                                                # 0.8 / (3.6 - 2 * 1.6 * 2 / 4)
        0.4
    """
    counts = quantities.counts(include_background)
    by_chance = 2 * counts.predicted * (counts.true / counts.pixels.clamp(min=1))
    counted = (counts.true > 0) & (counts.true < counts.pixels)
    return mean_of_ratios(counts.fp + counts.fn, counts.predicted + counts.true - by_chance, counted)
