"""Dice family: twice the overlap of prediction and truth over the sum of their sizes."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from segloss.losses.quantities import Quantities
from segloss.losses.reductions import class_mean, dropped, ratio


def dice_errors(
    quantities: Quantities, smooth: float, squared: bool, include_background: bool
) -> tuple[Tensor, Tensor]:
    r"""One minus the soft Dice index of each sample and class, and whether it counts; both (B, C).

    .. math:: 1 - D = \frac{E}{2\,TP + E + s}

    with the errors :math:`E = FP + FN = \sum |p - g|`, or :math:`E = \sum (p - g)^2` if ``squared``. A class without a
    true pixel does not count, unless s = ``smooth`` > 0.

    Raises:
        ValueError: If ``smooth`` is negative.
    """
    if not 0 <= smooth < math.inf:
        raise ValueError(f"smooth must be at least 0 and finite, got {smooth}")
    counts = quantities.counts(include_background)
    errors = counts.fp + counts.fn
    if squared:
        squares = functional.mse_loss(quantities.probs, quantities.target, reduction="none")
        errors = quantities.pixel_sums(squares)[:, 0 if include_background else 1 :]
    counted = (counts.true > 0) if smooth == 0 else (counts.pixels > 0)
    return ratio(errors, 2 * counts.tp + errors + smooth), counted


def dice_loss(
    quantities: Quantities, *, smooth: float = 0.0, squared: bool = False, include_background: bool = False
) -> Tensor:
    r"""One minus the soft Dice index.

    .. math:: L = 1 - \frac{2\,TP + s}{P + G + s} = \frac{\sum_i |p_i - g_i|}{\sum_i p_i + \sum_i g_i + s}

    with :math:`P = TP + FP` predicted and :math:`G = TP + FN` true pixels, s = ``smooth``. With ``squared`` the sizes
    are sums of squares:

    .. math:: L = 1 - \frac{2\,TP + s}{\sum_i p_i^2 + \sum_i g_i^2 + s}
                = \frac{\sum_i (p_i - g_i)^2}{\sum_i p_i^2 + \sum_i g_i^2 + s}

    The second form of each is the one computed: it keeps the digits of small losses.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        smooth: s, added to numerator and denominator, in pixels, >= 0.
        squared: Take sums of squares for the sizes.
        include_background: Count the background as a class too.

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. Mean over classes, then over samples. A class without a true pixel is
        left out of its sample's mean, unless ``smooth`` > 0 gives it a value; if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``smooth`` is negative.

    Reference:
        Linear: Zhang (2019), Technical Report on Kappa Loss, eq. 6. Deviation: the paper's "union" is a sum (errata
        K1). Squared: Hosseini (2023), TopK Dice loss, eq. 1. Smoothed: Jadon (2020), A survey of loss functions, eq. 8
        with ``smooth=1``; the smoothing term of MONAI's two arguments is s each, that of segmentation_models.pytorch
        s / 2. That library pools the batch and divides by absent classes too; we follow MONAI and the papers, sample
        by sample.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # TP 1.4, FP 0.2, FN 0.6
        >>> round(dice_loss(quantities).item(), 4)                                 # 0.8 / 3.6
        0.2222
        >>> round(dice_loss(quantities, squared=True).item(), 4)                   # 0.28 / (1.08 + 2)
        0.0909
    """
    errors, counted = dice_errors(quantities, smooth, squared, include_background)
    return class_mean(errors, counted)


def generalized_dice_loss(quantities: Quantities) -> Tensor:
    r"""One minus a Dice index of all classes together, each weighted by the inverse square of its volume.

    .. math:: L = 1 - \frac{2 \sum_c w_c\,TP_c}{\sum_c w_c\,(P_c + G_c)}
                = \frac{\sum_c w_c\,(FP_c + FN_c)}{\sum_c w_c\,(P_c + G_c)}, \qquad w_c = \frac{1}{G_c^2}

    with :math:`P_c = TP_c + FP_c` predicted and :math:`G_c = TP_c + FN_c` true pixels of class c.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. One value per sample, then the mean over samples. A class without a
        true pixel has no weight and is dropped from its sample's sums, so that an empty mask is judged by its
        background alone; a sample without any counted pixel is left out, and with none left the loss is 0.

    Reference:
        Kervadec et al. (2019), Boundary loss, eq. 1, with any number of classes as in Sudre et al. (2017). Deviation:
        the equation is undefined for an empty region (errata B2). The authors' code gives such a region a weight of
        1e20, so that an empty slice has a loss of 1 without gradient, and MONAI the largest weight of the others; here
        the region is dropped and the others keep their gradient.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.2, 0.1]]]).logit()
        >>> loss = generalized_dice_loss(Quantities(logits, torch.tensor([[1, 0, 0]])))
        >>> round(loss.item(), 4)              # FP + FN = .4 both, G 1 and 2: (.4 + .1) / (2.2 + 3.8 / 4)
        0.1587
    """
    counts = quantities.counts(include_background=True)
    weights = ratio((counts.true > 0).to(counts.true), counts.true**2)
    errors = (weights * (counts.fp + counts.fn)).sum(1, keepdim=True)
    sizes = (weights * (counts.predicted + counts.true)).sum(1, keepdim=True)
    return class_mean(ratio(errors, sizes), sizes > 0)


def log_cosh_dice_loss(quantities: Quantities, *, smooth: float = 1.0, include_background: bool = False) -> Tensor:
    r"""The logarithm of the hyperbolic cosine of the Dice loss of each sample and class.

    .. math:: L = \log \cosh x = \log\left(1 + 2 \sinh^2 \frac{x}{2}\right), \qquad
              x = 1 - \frac{2\,TP + s}{P + G + s}

    with s = ``smooth``. About x^2 / 2 for small x: its gradient tanh(x) fades as the prediction improves.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        smooth: s, added to numerator and denominator of the Dice index, in pixels, >= 0.
        include_background: Count the background as a class too.

    Returns:
        Scalar in [0, log cosh 1 = 0.4338]; 0 is a perfect match. The transform is taken per sample and class, then the
        mean over classes, then over samples. With ``smooth`` > 0 a class without a true pixel counts; with 0 it is
        left out, and if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``smooth`` is negative.

    Reference:
        Jadon (2020), A survey of loss functions, eq. 32 with the Dice loss of eq. 8. Deviation: the author's code pools
        the whole batch into one mask; here, as with the other overlap losses, each sample and class has its own.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # TP 1.4, FP 0.2, FN 0.6
        >>> round(log_cosh_dice_loss(quantities).item(), 4)                        # log cosh (0.8 / 4.6)
        0.015
    """
    errors, counted = dice_errors(quantities, smooth, False, include_background)
    return class_mean(torch.log1p(2 * torch.sinh(errors / 2) ** 2), counted)


def topk_dice_loss(
    quantities: Quantities, *, keep: float = 0.5, squared: bool = True, include_background: bool = False
) -> Tensor:
    r"""Dice loss without the easiest true pixels of each class.

    .. math:: L = 1 - \frac{2 \sum_i \tilde g_i \tilde p_i}{\sum_i \tilde g_i^2 + \sum_i \tilde p_i^2}
                = \frac{\sum_i (\tilde p_i - \tilde g_i)^2}{\sum_i \tilde g_i^2 + \sum_i \tilde p_i^2}

    where :math:`\tilde g` and :math:`\tilde p` are truth and prediction, set to 0 at the dropped pixels: of the n true
    pixels of a sample and class, the floor((1 - keep) n) with the highest p. All other pixels stay as they are; in the
    paper's words only the foreground is thinned out, so that false positives weigh more too. ``keep=1`` is the squared
    Dice loss, and with ``squared=False``, which takes sums of :math:`\tilde p` and :math:`|\tilde p - \tilde g|`, the
    linear one.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        keep: Share of each class's true pixels that is kept, in (0, 1]. The paper's K / 100.
        squared: Take sums of squares for the sizes, as the paper does.
        include_background: Count the background as a class too.

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. Mean over classes, then over samples. A class without a true pixel is
        left out of its sample's mean; if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``keep`` is outside (0, 1].

    Reference:
        Hosseini (2023), TopK Dice loss, eq. 2-7. Deviations: exactly D pixels are dropped, where eq. 4 drops D - 1 and
        is undefined for K = 100 (errata T1, T2); D is rounded down (T3); of equal p the earlier pixel is dropped, in
        place of the random perturbation of eq. 2 (T4, T5); classes absent from a sample are left out sample by sample
        (T7). As printed, and against the caption of Fig. 2, background pixels are never dropped (T6). No code of the
        author is known.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))          # the pixel of 0.9 is dropped
        >>> round(topk_dice_loss(quantities).item(), 4)                            # (.25 + .02) / (1 + .25 + .02)
        0.2126
        >>> round(topk_dice_loss(quantities, squared=False).item(), 4)             # (.5 + .2) / (1 + .5 + .2)
        0.4118
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep must lie in (0, 1], got {keep}")
    first = 0 if include_background else 1
    kept = _kept(quantities, first, keep)
    probs, target = quantities.probs * kept, quantities.target * kept
    difference = functional.mse_loss if squared else functional.l1_loss
    errors = quantities.pixel_sums(difference(probs, target, reduction="none"))[:, first:]
    overlap = quantities.pixel_sums(probs * target)[:, first:]
    return class_mean(ratio(errors, 2 * overlap + errors), quantities.counts(include_background).true > 0)


def _kept(quantities: Quantities, first: int, keep: float) -> Tensor:
    r"""1, and 0 at the dropped pixels of each class from ``first`` on; (B, C, \*spatial)."""
    probs, kept = quantities.probs.detach().flatten(2), torch.ones_like(quantities.target)
    for sample, target in enumerate(quantities.target.flatten(2)):
        for label in range(first, quantities.classes):
            true = (target[label] > 0).nonzero().squeeze(1)
            easiest = true[_highest(probs[sample, label].index_select(0, true), dropped(keep, len(true)))]
            kept[sample, label].view(-1).index_fill_(0, easiest, 0)
    return kept


def _highest(values: Tensor, count: int) -> Tensor:
    """Whether each of the values is among the ``count`` highest; of equal ones the earlier come first."""
    if count == 0:
        return torch.zeros_like(values, dtype=torch.bool)
    rank = len(values) - count
    if values.device.type == "cpu" and not torch.compiler.is_compiling():  # where numpy is the faster one
        threshold = torch.from_numpy(np.partition(values.numpy(), rank))[rank]
    else:
        threshold = values.kthvalue(rank + 1).values
    above, ties = values > threshold, values == threshold
    return above | (ties & (ties.cumsum(0) <= count - above.sum()))
