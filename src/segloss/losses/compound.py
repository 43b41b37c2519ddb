"""Compound family: sums of other losses that the papers treat as losses of their own."""

import math

import torch
from torch import Tensor

from segloss.losses.cross_entropy import focal_loss, one_vs_rest
from segloss.losses.dice import dice_loss
from segloss.losses.quantities import Quantities
from segloss.losses.reductions import class_mean, power, ratio
from segloss.losses.tversky import focal_tversky_loss

SMALLEST_OVERLAP = 1e-12  # in pixels; the logarithm of a Dice index needs some


def combo_loss(quantities: Quantities, *, cross_entropy_weight: float = 0.5, positive_weight: float = 0.5) -> Tensor:
    r"""Weighted sum of a modified cross entropy and the Dice loss.

    .. math:: L = -\frac{a}{N} \sum_i \left[ b\, g_i \log p_i + (1 - b)(1 - g_i) \log(1 - p_i) \right]
                  + (1 - a) \left( 1 - \frac{2\,TP}{2\,TP + FP + FN} \right)

    with a = ``cross_entropy_weight`` and b = ``positive_weight``. a = 0 is the Dice loss; with b = 1/2 the first part
    is half the cross entropy of each foreground class against the rest.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        cross_entropy_weight: a, in [0, 1].
        positive_weight: b, in [0, 1]; above 1/2 a missed pixel costs more than a false one.

    Returns:
        Scalar >= 0; 0 is a perfect match. The first part is the mean over pixels and foreground classes, so that an
        empty mask counts there; the second leaves empty masks out, as the Dice loss does.

    Raises:
        ValueError: If a weight is outside [0, 1].

    Reference:
        Yeung et al. (2021), Mixed Focal loss, eq. 16-17, and Jadon (2020), A survey of loss functions, eq. 17-18,
        after Taghanaki et al. (2019). Secondary source: these two, since the latter could not be read. Deviations: the
        product that both print as a difference is a product (errata U8, S9); the Dice loss is added, where the survey
        subtracts it (S10) and eq. 16 subtracts the index, a constant less. MONAI's DiceCELoss and nnU-Net's DC_and_CE
        are plain sums with the multi-class cross entropy: we follow the papers here, and
        ``{"cross_entropy": 1, "dice": 1}`` is theirs. The code of Yeung et al. gives b to the background (U17); we
        follow the text.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # -log p: .1054, .6931, .1054, .1054
        >>> round(combo_loss(quantities).item(), 4)                                # .5 * .5 * 1.0093 / 4 + .5 * .2222
        0.1742
        >>> round(combo_loss(quantities, positive_weight=1.0).item(), 4)           # .5 * .7985 / 4 + .5 * .2222
        0.2109
    """
    if not (0 <= cross_entropy_weight <= 1 and 0 <= positive_weight <= 1):
        raise ValueError(
            "cross_entropy_weight and positive_weight must lie in [0, 1], "
            f"got {cross_entropy_weight} and {positive_weight}"
        )
    cross_entropy = quantities.pixel_mean(one_vs_rest(quantities, positive_weight, 1 - positive_weight).mean(1))
    return cross_entropy_weight * cross_entropy + (1 - cross_entropy_weight) * dice_loss(quantities)


def exponential_logarithmic_loss(
    quantities: Quantities, *, dice_weight: float = 0.8, cross_entropy_weight: float = 0.2, exponent: float = 0.3
) -> Tensor:
    r"""Powers of the logarithms of Dice index and probability, rare classes weighted up.

    .. math:: L = v \operatorname{mean}_c (-\ln DC_c)^e + w \operatorname{mean}_i u_{y_i} (-\ln p_{i, y_i})^e,
              \qquad u_c = \sqrt{\frac{\sum_k f_k}{f_c}}

    with v = ``dice_weight``, w = ``cross_entropy_weight``, e = ``exponent`` and f the number of pixels of each class
    in the batch.

    Regions: the Dice part foreground, the cross entropy all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        dice_weight: v, >= 0.
        cross_entropy_weight: w, >= 0.
        exponent: e, > 0. Below 1 it steepens the loss near a perfect match, above 1 it flattens it there.

    Returns:
        Scalar >= 0; 0 is a perfect match. The power acts per sample and class in the first part, then comes the mean;
        per pixel in the second. A batch without a foreground pixel has no Dice part: it is dropped, and the other one
        gets its weight. No power is steeper than at 1e-6, and an overlap below 1e-12 pixels counts as that much.

    Raises:
        ValueError: If a weight is negative or ``exponent`` not above 0.

    Reference:
        Wong et al. (2018). Secondary source: Jadon (2020), A survey of loss functions, eq. 19-21, for the formula,
        and SegLossOdyssey for the constants .8, .2 and .3; the root of the inverse frequency is from general knowledge
        of the paper. Deviations from the survey: the power stands outside the logarithm (errata S11); frequencies
        are those of the batch, not of the whole training set, which a loss does not know. SegLossOdyssey takes the
        power of the mean Dice index and none of the cross entropy; we follow the formula.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # DC 2.8 / 3.6, u sqrt(2) for both
        >>> loss = exponential_logarithmic_loss(quantities, exponent=1.0)
        >>> round(loss.item(), 4)                                   # .8 * .2513 + .2 * 1.4142 * 1.0093 / 4
        0.2724
    """
    if not (0 <= dice_weight < math.inf and 0 <= cross_entropy_weight < math.inf and 0 < exponent < math.inf):
        raise ValueError(
            "dice_weight and cross_entropy_weight must be at least 0, exponent above 0, and all finite, "
            f"got {dice_weight}, {cross_entropy_weight} and {exponent}"
        )
    counts, sizes = quantities.counts(include_background=False), quantities.counts(include_background=True).true.sum(0)
    counted = counts.true > 0
    # log1p of errors over overlap is -ln DC, and keeps its digits near a perfect match.
    logarithm = torch.log1p((counts.fp + counts.fn) / (2 * counts.tp).clamp(min=SMALLEST_OVERLAP))
    rarity = (sizes.sum() / sizes.clamp(min=1)).sqrt()
    cross_entropy = quantities.pixel_mean(rarity[quantities.labels] * power(quantities.cross_entropy, exponent))
    dice_share = dice_weight * counted.any().to(logarithm)
    weighted = dice_share * class_mean(power(logarithm, exponent), counted) + cross_entropy_weight * cross_entropy
    return (dice_weight + cross_entropy_weight) * ratio(weighted, dice_share + cross_entropy_weight)


def mixed_focal_loss(
    quantities: Quantities, *, fn_weight: float = 0.7, tversky_exponent: float = 0.75, focal_exponent: float = 2.0
) -> Tensor:
    r"""Sum of the focal Tversky and the focal loss.

    .. math:: L = (1 - TI)^e - \frac{1}{N} \sum_i (1 - p_{i, y_i})^f \log p_{i, y_i}

    with e = ``tversky_exponent``, f = ``focal_exponent``, and TI weighing false negatives with ``fn_weight``, false
    positives with the rest to 1.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        fn_weight: Cost of a false negative, in (0, 1].
        tversky_exponent: e, > 0.
        focal_exponent: f, >= 0.

    Returns:
        Scalar >= 0; 0 is a perfect match. The first part is the mean over classes, then samples, without the classes
        that a sample does not have; the second the mean over pixels.

    Raises:
        ValueError: If ``fn_weight`` is outside (0, 1] or an exponent is out of its range.

    Reference:
        Yeung et al. (2021), Mixed Focal loss, eq. 24, with the constants of the authors' code. Deviations: a mean over
        classes for the Tversky part (errata U5), as in that code. The general forms, eq. 21 to 23, have errors of
        their own (U10 to U12); the experiments use eq. 24.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))  # 1 - TI: .32 / 2.12 and .48 / 1.88
        >>> loss = mixed_focal_loss(quantities, tversky_exponent=1.0, focal_exponent=1.0)
        >>> round(loss.item(), 4)                               # .2031 + (3 * .1 * .1054 + .5 * .6931) / 4
        0.2977
    """
    if not 0 < fn_weight <= 1:
        raise ValueError(f"fn_weight must lie in (0, 1], got {fn_weight}")
    tversky = {"fp_weight": 1 - fn_weight, "fn_weight": fn_weight, "exponent": tversky_exponent}
    focal = focal_loss(quantities, exponent=focal_exponent)
    return focal_tversky_loss(quantities, **tversky, include_background=True) + focal
