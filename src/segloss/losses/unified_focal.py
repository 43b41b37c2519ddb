"""Unified focal losses: one focal and one focal Tversky term that share their two parameters."""

import torch
from torch import Tensor

from segloss.losses.cross_entropy import focal_loss
from segloss.losses.quantities import Quantities
from segloss.losses.reductions import class_mean, power
from segloss.losses.tversky import focal_tversky_loss, tversky_errors


def symmetric_unified_focal_loss(
    quantities: Quantities, *, delta: float = 0.6, gamma: float = 0.5, focal_weight: float = 0.5
) -> Tensor:
    r"""Focal and focal Tversky loss with common parameters, the focus on every class.

    .. math:: L = \lambda\, \frac{1}{N} \sum_i d_{y_i} (1 - p_{i, y_i})^{\gamma} (-\log p_{i, y_i})
                  + (1 - \lambda) \operatorname{mean}_c (1 - TI_c)^{1 - \gamma}

    with :math:`\lambda` = ``focal_weight``, d = ``delta`` for every foreground class and 1 - ``delta`` for the
    background, and TI weighing false negatives with ``delta``, false positives with 1 - ``delta``. gamma = 0 with
    delta = 1/2 gives half the cross entropy and the Dice loss of all classes.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        delta: In (0, 1); above 1/2 it favours the foreground and punishes missed pixels.
        gamma: In [0, 1); the larger, the stronger the focus of the first term.
        focal_weight: lambda, in [0, 1].

    Returns:
        Scalar >= 0; 0 is a perfect match. The second term is the mean over the classes that a sample has, then over
        samples; the first the mean over pixels.

    Raises:
        ValueError: If a parameter is out of its range.

    Reference:
        Yeung et al. (2022), Unified Focal loss. Secondary source: the authors' code at its last state, and MONAI's
        loss for the asymmetric form. Where the two differ from what is known of the printed text: the powers are the
        code's, gamma in the first term and 1 - gamma in the second, where the text has them exchanged, and so is the
        weight of false negatives (errata U4) and the mean over classes (U5); ``focal_weight`` is the text's, and the
        code gives it to the Tversky term (U12). Two classes in the code; for more, every foreground class has the part
        of the foreground. A class that a sample lacks is left out, where the code counts it as missed.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))     # 1 - TI: .36 / 2.16 and .44 / 1.84
        >>> loss = symmetric_unified_focal_loss(quantities, gamma=0.0)
        >>> round(loss.item(), 4)            # .5 (.6 * .7985 + .4 * .2107) / 4 + .5 (.1667 + .2391) / 2
        0.1719
    """
    _check(delta, gamma, focal_weight)
    focal = focal_loss(quantities, exponent=gamma, foreground_weight=delta)
    weights = {"fp_weight": 1 - delta, "fn_weight": delta}
    region = focal_tversky_loss(quantities, **weights, exponent=1 - gamma, include_background=True)
    return focal_weight * focal + (1 - focal_weight) * region


def asymmetric_unified_focal_loss(
    quantities: Quantities, *, delta: float = 0.6, gamma: float = 0.5, focal_weight: float = 0.5
) -> Tensor:
    r"""Focal and focal Tversky loss with common parameters: background suppressed, foreground enhanced.

    .. math:: L = \frac{\lambda}{N} \sum_i d_{y_i} m_i (-\log p_{i, y_i})
                  + (1 - \lambda) \operatorname{mean}_c (1 - TI_c)^{e_c}

    As the symmetric form, but the focal factor m is :math:`(1 - p_{i, y_i})^{\gamma}` on background pixels and 1 on
    the foreground, and the power e is 1 for the background and 1 - gamma for the foreground: rare pixels keep their
    full cross entropy, and a nearly solved rare class its gradient. gamma = 0 makes both forms the same.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        delta: In (0, 1); above 1/2 it favours the foreground and punishes missed pixels.
        gamma: In [0, 1); the larger, the less easy background counts, and the more a nearly solved foreground class.
        focal_weight: lambda, in [0, 1].

    Returns:
        Scalar >= 0; 0 is a perfect match. The second term is the mean over the classes that a sample has, then over
        samples; the first the mean over pixels.

    Raises:
        ValueError: If a parameter is out of its range.

    Reference:
        Yeung et al. (2022), Unified Focal loss. Secondary source: as for the symmetric form. With two
        classes it is the AsymmetricUnifiedFocalLoss of MONAI 1.5 with ``weight`` = ``focal_weight``, but for absent
        classes and the clip at 1e-7 there. MONAI 1.6 divides the focal term by the number of classes too: we follow
        the authors' code, which does not. MONAI's default delta is 0.7, the authors' 0.6.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))     # 1 - TI: .36 / 2.16 and .44 / 1.84
        >>> loss = asymmetric_unified_focal_loss(quantities)
        >>> round(loss.item(), 4)            # .5 (.6 * .7985 + .4 * .0666) / 4 + .5 (.1667 + .4890) / 2
        0.2271
    """
    _check(delta, gamma, focal_weight)
    background = (quantities.labels == 0).to(quantities.log_error)
    weight = (delta + (1 - 2 * delta) * background) * torch.exp(gamma * background * quantities.log_error)
    focal = quantities.pixel_mean(weight * quantities.cross_entropy)
    errors, counted = tversky_errors(quantities, 1 - delta, delta, smooth=0.0, include_background=True)
    region = class_mean(torch.cat([errors[:, :1], power(errors[:, 1:], 1 - gamma)], dim=1), counted)
    return focal_weight * focal + (1 - focal_weight) * region


def _check(delta: float, gamma: float, focal_weight: float) -> None:
    if not (0 < delta < 1 and 0 <= gamma < 1 and 0 <= focal_weight <= 1):
        raise ValueError(
            "delta must lie in (0, 1), gamma in [0, 1) and focal_weight in [0, 1], "
            f"got {delta}, {gamma} and {focal_weight}"
        )
