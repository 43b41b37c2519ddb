"""Losses over all four cells of the agreement table, true negatives included."""

from torch import Tensor
from torch.nn import functional

from segloss.losses.quantities import Quantities
from segloss.losses.reductions import class_mean, ratio


def kappa_loss(quantities: Quantities, *, include_background: bool = False) -> Tensor:
    r"""One minus Cohen's kappa of prediction and truth: disagreement, as a share of what chance would give.

    .. math:: L = 1 - \frac{2\,(TP\,TN - FP\,FN)}{(TP+FP)(FP+TN) + (TP+FN)(FN+TN)}
                = \frac{FP + FN}{P\,\frac{N - G}{N} + G\,\frac{N - P}{N}}

    with :math:`P = TP + FP` predicted, :math:`G = TP + FN` true and N counted pixels. The denominator of the second
    form, the one computed, is the disagreement of two masks of these sizes laid down at random. It is also
    :math:`P + G - 2PG/N`; beside the Dice loss, :math:`(FP + FN) / (P + G)`, only the chance term 2 P G / N is new: it
    vanishes as true negatives grow.

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
        >>> loss = kappa_loss(Quantities(logits, torch.tensor([[1, 1, 0, 0]])))    # TP 1.4, FP 0.2, FN 0.6, TN 1.8
        >>> round(loss.item(), 4)                                                  # 0.8 / (1.6 * 2 / 4 + 2 * 2.4 / 4)
        0.4
    """
    counts = quantities.counts(include_background)
    pixels = counts.pixels.clamp(min=1)
    by_chance = counts.predicted * (counts.rest / pixels) + (counts.fn + counts.tn) * (counts.true / pixels)
    counted = (counts.true > 0) & (counts.rest > 0)
    return class_mean(ratio(counts.fp + counts.fn, by_chance), counted)


def sensitivity_specificity_loss(
    quantities: Quantities,
    *,
    sensitivity_weight: float = 0.05,
    squared_error: bool = False,
    include_background: bool = False,
) -> Tensor:
    r"""One minus the weighted mean of sensitivity and specificity.

    .. math:: L = 1 - w\,\frac{TP}{TP + FN} - (1 - w)\,\frac{TN}{TN + FP}
                = w\,\frac{FN}{G} + (1 - w)\,\frac{FP}{N - G}

    with w = ``sensitivity_weight``, G true and N counted pixels. With ``squared_error`` each pixel enters FN and FP
    with the square of its error:

    .. math:: L = w\,\frac{\sum (p - g)^2 g}{\sum g} + (1 - w)\,\frac{\sum (p - g)^2 (1 - g)}{\sum (1 - g)}

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        sensitivity_weight: w in [0, 1].
        squared_error: Take the second form.
        include_background: Count the background as a class too.

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. Mean over classes, then over samples. An empty mask has no sensitivity
        and a full one no specificity: the other term then has all the weight. A class for which no term with a weight
        is left does not count; if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``sensitivity_weight`` is outside [0, 1].

    Reference:
        Jadon (2020), A survey of loss functions, eq. 12-14, with soft counts. Deviation: eq. 12 is a score; one minus
        it is the loss (errata S7). Secondary source: the squared form and the default weight are Brosch et al. (2015)
        as given by SegLossOdyssey, whose smoothing term of 1 in both denominators is left out. The survey cites
        another paper (S7) and names no weight.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # FP 0.2, FN 0.6, two pixels each
        >>> round(sensitivity_specificity_loss(quantities, sensitivity_weight=0.25).item(), 4)  # .25 * .3 + .75 * .1
        0.15
        >>> loss = sensitivity_specificity_loss(quantities, sensitivity_weight=0.25, squared_error=True)
        >>> round(loss.item(), 4)                                                  # .25 * .26 / 2 + .75 * .02 / 2
        0.04
    """
    if not 0 <= sensitivity_weight <= 1:
        raise ValueError(f"sensitivity_weight must lie in [0, 1], got {sensitivity_weight}")
    counts = quantities.counts(include_background)
    missed, false_alarms = _squared_errors(quantities, include_background) if squared_error else (counts.fn, counts.fp)
    of_sensitivity = sensitivity_weight * (counts.true > 0).to(counts.true)
    of_specificity = (1 - sensitivity_weight) * (counts.rest > 0).to(counts.rest)
    value = of_sensitivity * ratio(missed, counts.true) + of_specificity * ratio(false_alarms, counts.rest)
    return class_mean(ratio(value, of_sensitivity + of_specificity), of_sensitivity + of_specificity > 0)


def _squared_errors(quantities: Quantities, include_background: bool) -> tuple[Tensor, Tensor]:
    """Sums of (p - g)^2 over the true pixels of each sample and class, and over all others; (B, C)."""
    first = 0 if include_background else 1
    squares = functional.mse_loss(quantities.probs, quantities.target, reduction="none")
    missed, false_alarms = squares * quantities.target, squares * (1 - quantities.target)
    return quantities.pixel_sums(missed)[:, first:], quantities.pixel_sums(false_alarms)[:, first:]
