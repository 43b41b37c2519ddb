"""Tversky family: overlap that weighs false positives and false negatives apart."""

import math

from torch import Tensor

from segloss.losses.quantities import Quantities
from segloss.losses.reductions import class_mean, power, ratio


def tversky_errors(
    quantities: Quantities, fp_weight: float, fn_weight: float, smooth: float, include_background: bool
) -> tuple[Tensor, Tensor]:
    r"""One minus the Tversky index of each sample and class, and whether it counts; both (B, C).

    .. math:: 1 - TI = \frac{a\,FP + b\,FN}{TP + a\,FP + b\,FN + s}

    with a = ``fp_weight``, b = ``fn_weight``, s = ``smooth``. A sum of errors instead of one minus an index keeps the
    digits of small losses. A class without a true pixel does not count, unless s > 0.

    Raises:
        ValueError: If ``fp_weight`` or ``smooth`` is negative, or ``fn_weight`` is not above 0.
    """
    if not (0 <= fp_weight < math.inf and 0 < fn_weight < math.inf and 0 <= smooth < math.inf):
        raise ValueError(
            "fp_weight and smooth must be at least 0, fn_weight above 0, and all finite, "
            f"got fp_weight {fp_weight}, fn_weight {fn_weight}, smooth {smooth}"
        )
    counts = quantities.counts(include_background)
    errors = fp_weight * counts.fp + fn_weight * counts.fn
    return ratio(errors, counts.tp + errors + smooth), (counts.true > 0) | (smooth * counts.pixels > 0)


def tversky_loss(
    quantities: Quantities,
    *,
    fp_weight: float = 0.3,
    fn_weight: float = 0.7,
    smooth: float = 0.0,
    include_background: bool = False,
) -> Tensor:
    r"""One minus the Tversky index.

    .. math:: L = 1 - TI = 1 - \frac{TP + s}{TP + a\,FP + b\,FN + s}

    with a = ``fp_weight``, b = ``fn_weight``, s = ``smooth``. Weights of one half give the Dice loss (whose smoothing
    term is then 2s), weights of one the Jaccard loss.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        fp_weight: a, cost of a false positive, >= 0.
        fn_weight: b, cost of a false negative, > 0: with 0, to predict nothing would cost nothing.
        smooth: s, added to numerator and denominator, in pixels, >= 0.
        include_background: Count the background as a class too.

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. Mean over classes, then over samples. A class without a true pixel is
        left out of its sample's mean, unless ``smooth`` > 0 gives it a value; if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``fp_weight`` or ``smooth`` is negative, or ``fn_weight`` is not above 0.

    Reference:
        Yeung et al. (2021), Mixed Focal loss, eq. 12-13, and Jadon (2020), A survey of loss functions, eq. 9-10, after
        Salehi et al. (2017); the defaults are the .3 and .7 of Hosseini (2023), TopK Dice loss, section 2. Deviations:
        a mean over classes instead of eq. 13's sum; the symbols of both texts put the larger weight on false
        positives, against their words and their authors' code (errata U4, S5, S20): here each weight is named. The
        survey's 1 in numerator and denominator is ``smooth=1``. MONAI, segmentation_models.pytorch and SegLossOdyssey
        weigh FP and FN the same way round; segmentation_models.pytorch pools the batch, we follow the others and take
        each sample by itself.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # TP 1.4, FP 0.2, FN 0.6
        >>> round(tversky_loss(quantities).item(), 4)                              # 0.48 / 1.88
        0.2553
        >>> round(tversky_loss(quantities, fp_weight=0.7, fn_weight=0.3).item(), 4)  # 0.32 / 1.72
        0.186
    """
    errors, counted = tversky_errors(quantities, fp_weight, fn_weight, smooth, include_background)
    return class_mean(errors, counted)


def focal_tversky_loss(
    quantities: Quantities,
    *,
    fp_weight: float = 0.3,
    fn_weight: float = 0.7,
    exponent: float = 0.75,
    smooth: float = 0.0,
    include_background: bool = False,
) -> Tensor:
    r"""A power of the Tversky loss of each sample and class.

    .. math:: L = (1 - TI)^e

    with e = ``exponent``. e = 1 gives the Tversky loss. Only e > 1 turns the attention to hard classes; e < 1, the
    default of the field, makes the gradient grow as a class is nearly solved.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        fp_weight: Cost of a false positive, >= 0.
        fn_weight: Cost of a false negative, > 0.
        exponent: e, > 0. Papers that write 1/gamma with gamma = 4/3 mean 0.75.
        smooth: Added to numerator and denominator of the index, in pixels, >= 0.
        include_background: Count the background as a class too.

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. The power is taken per sample and class, then the mean over classes,
        then over samples. With e < 1 it is a straight line below 1 - TI = 1e-6, where its slope would be infinite. A
        class without a true pixel is left out, unless ``smooth`` > 0; if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``exponent`` or ``fn_weight`` is not above 0, or ``fp_weight`` or ``smooth`` is negative.

    Reference:
        Yeung et al. (2021), Mixed Focal loss, eq. 14, after Abraham and Khan (2019). Deviations: the exponent is the
        0.75 of the authors' code, 1/gamma for the text's gamma = 4/3 (errata U6; the survey's eq. 11 prints gamma
        itself, S6); a mean over classes instead of the sum. The power acts per sample and class, as in the equation
        and in the authors' code; segmentation_models.pytorch and SegLossOdyssey take it after the mean over classes.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # TP 1.4, FP 0.2, FN 0.6
        >>> round(focal_tversky_loss(quantities).item(), 4)                        # (0.48 / 1.88) ** 0.75
        0.3592
        >>> round(focal_tversky_loss(quantities, exponent=2.0).item(), 4)          # (0.48 / 1.88) ** 2
        0.0652
    """
    if not 0 < exponent < math.inf:
        raise ValueError(f"exponent must be above 0 and finite, got {exponent}")
    errors, counted = tversky_errors(quantities, fp_weight, fn_weight, smooth, include_background)
    return class_mean(power(errors, exponent), counted)


def cosine_tversky_loss(
    quantities: Quantities,
    *,
    fp_weight: float = 0.3,
    fn_weight: float = 0.7,
    exponent: float = 1.0,
    smooth: float = 0.0,
    include_background: bool = False,
) -> Tensor:
    r"""A power of the cosine of the Tversky index of each sample and class.

    .. math:: L = \cos^e\left(\frac{\pi}{2}\,TI\right) = \sin^e\left(\frac{\pi}{2}\,(1 - TI)\right)

    with e = ``exponent``. The second form is the one computed: it keeps its digits near a perfect match.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        fp_weight: Cost of a false positive, >= 0.
        fn_weight: Cost of a false negative, > 0.
        exponent: e, > 0.
        smooth: Added to numerator and denominator of the index, in pixels, >= 0.
        include_background: Count the background as a class too.

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. The transform is taken per sample and class, then the mean over
        classes, then over samples. A class without a true pixel is left out, unless ``smooth`` > 0; if nothing is
        left, the loss is 0.

    Raises:
        ValueError: If ``exponent`` or ``fn_weight`` is not above 0, or ``fp_weight`` or ``smooth`` is negative.

    Reference:
        Yeung et al. (2021), Mixed Focal loss, eq. 15. Deviations: the quarter turn, lost in the text, is the reading
        that is 0 at TI = 1 and never negative (errata U7); the authors' code of that time was inverted and is kept as
        ``as_published.inverted_cosine_tversky``; a mean over classes instead of the sum.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # TP 1.4, FP 0.2, FN 0.6
        >>> round(cosine_tversky_loss(quantities).item(), 4)                       # cos(pi / 2 * 1.4 / 1.88)
        0.3904
    """
    if not 0 < exponent < math.inf:
        raise ValueError(f"exponent must be above 0 and finite, got {exponent}")
    errors, counted = tversky_errors(quantities, fp_weight, fn_weight, smooth, include_background)
    return class_mean(power((math.pi / 2 * errors).sin(), exponent), counted)
