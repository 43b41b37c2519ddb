"""Forms that papers print, or that their authors' code computes, where they are wrong: for teaching, not for training.

Each function repeats one slip of ``docs/errata.md`` letter by letter, so that one can see what it does and ask whether
a published effect comes from it. None is in the registry; ``build_loss({"as_published": name})`` gives one to train
with. They take plain tensors: ``probs`` and ``target`` (masks g
of 0 and 1) of the same shape, and guard against nothing: where the printed form divides by 0, so do they.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from segloss.losses.modules import SegmentationLoss
from segloss.losses.quantities import Quantities


def kappa_equation_4(probs: Tensor, target: Tensor) -> Tensor:
    r"""The kappa loss as Zhang (2019) prints it in eq. 4, over all pixels given (errata K4).

    .. math:: 1 - \frac{2I - PG/N}{P + G - 2I/N}, \qquad I = \sum_i p_i g_i,\; P = \sum_i p_i,\; G = \sum_i g_i

    Right is :func:`segloss.losses.agreement.kappa_loss`: twice the chance term above, and P G / N for I / N below.

    Example:
        >>> mask = (torch.arange(1000) < 300).double()
        >>> round(kappa_equation_4(mask, mask).item(), 3)                        # a perfect match should have 0
        0.149
    """
    both, predicted, true, pixels = (probs * target).sum(), probs.sum(), target.sum(), probs.numel()
    return 1 - (2 * both - predicted * true / pixels) / (predicted + true - 2 * both / pixels)


def kappa_equation_5_gradient(probs: Tensor, target: Tensor) -> Tensor:
    r"""The gradient as Zhang (2019) prints it in eq. 5 (errata K5), its bracket closed where that changes least.

    .. math:: -\frac{2 g_j (P + G - 2PG/N)}{(P + G - 2I/N)^2} + \frac{I (1 - 2G/N^2) + G^2/N}{(P + G - 2I/N)^2}

    Returns:
        One component per pixel, in the shape of ``probs``.
    """
    both, predicted, true, pixels = (probs * target).sum(), probs.sum(), target.sum(), probs.numel()
    denominator = (predicted + true - 2 * both / pixels) ** 2
    second = (both * (1 - 2 * true / pixels**2) + true**2 / pixels) / denominator
    return -2 * target * (predicted + true - 2 * predicted * true / pixels) / denominator + second


def kappa_readme(probs: Tensor, target: Tensor, pixels: int = 224 * 224) -> Tensor:
    r"""The kappa loss of the page that its author published, over all pixels of the batch (errata K7).

    .. math:: 1 - \frac{2I - PG/N}{\sum_i p_i^2 + \sum_i g_i^2 - 2I/N}

    Args:
        probs: Probabilities of the foreground.
        target: Masks.
        pixels: N; a constant there, whatever the size of images and batch.

    Example:
        >>> mask = (torch.arange(224 * 224) < 0.7 * 224 * 224).double()
        >>> round(kappa_readme(mask, mask).item(), 2)                            # large lesions have the highest floor
        0.35
    """
    both = (probs * target).sum()
    return 1 - (2 * both - probs.sum() * target.sum() / pixels) / (
        probs.square().sum() + target.square().sum() - 2 * both / pixels
    )


def truncated_distance(target: Tensor) -> Tensor:
    r"""Signed distance maps as the boundary loss's published code computes them: in whole pixels (errata B6).

    .. math:: \phi = \mathrm{trunc}(d_{out}) \text{ outside}, \qquad -\mathrm{trunc}(d_{in} - 1) \text{ inside}

    with the distances to the nearest pixel of the other side. The map took over the integer type of the masks, so
    that every distance lost its fraction. An absent class has a zero map; of a full one the map means nothing.

    Args:
        target: One-hot masks (B, C, \*spatial).

    Returns:
        Maps of that shape, float32: what a loss takes as ``distance``.

    Example:
        >>> truncated_distance(torch.tensor([[[[0, 0, 0], [0, 0, 1]]]]))         # the diagonal is 1.41, 2.24 away
        tensor([[[[2., 1., 1.],
                  [2., 1., 0.]]]])
    """
    masks = target.detach().cpu().numpy().astype(bool)
    maps = np.zeros(masks.shape, dtype=np.float32)
    for index in np.ndindex(masks.shape[:2]):
        if masks[index].any():
            inside = (distance_transform_edt(masks[index]) - 1) * masks[index]
            maps[index] = np.trunc(distance_transform_edt(~masks[index]) - inside)
    return torch.from_numpy(maps + 0).to(target.device)


def alpha_with_floor(epoch: int) -> tuple[float, float]:
    """Weights of generalised Dice and boundary loss in an epoch, as the published code steps them (errata B7).

    The paper's are alpha and 1 - alpha with alpha from 1 to 0.01. The code stops alpha at 0.1 and lets the other weight
    grow without end.

    Args:
        epoch: From 0.

    Example:
        >>> [round(weight, 2) for weight in alpha_with_floor(199)]               # the paper: 0.01 and 0.99
        [0.1, 2.0]
    """
    return max(0.1, 1 - 0.01 * epoch), 0.01 + 0.01 * epoch


def inverted_cosine_tversky(
    probs: Tensor,
    target: Tensor,
    fp_weight: float = 0.3,
    fn_weight: float = 0.7,
    exponent: float = 1.0,
    smooth: float = 0.0,
) -> Tensor:
    r"""The cosine Tversky loss of the code that went with the Mixed Focal paper: least at the worst match (errata U7).

    .. math:: L = 1 - \cos^e(\pi\,TI)

    Mean over samples and all classes given, (B, C, \*spatial). ``smooth``, 1e-6 in that code, is added to numerator and
    denominator of TI. Right is cos^e(pi/2 TI).

    Example:
        >>> mask = torch.tensor([[[1.0, 1.0, 0.0, 0.0]]])
        >>> [round(inverted_cosine_tversky(probs, mask).item(), 3) for probs in (mask, 1 - mask)]   # best and worst
        [2.0, 0.0]
    """
    index = _tversky_index(probs, target, fp_weight, fn_weight, smooth)
    return (1 - torch.cos(math.pi * index) ** exponent).mean()


def survey_focal_tversky(probs: Tensor, target: Tensor, fp_weight: float = 0.3, exponent: float = 4 / 3) -> Tensor:
    r"""The focal Tversky loss as the survey prints it in eq. 11, the exponent upside down (errata S6).

    .. math:: L = \sum_c (1 - TI_c)^\gamma, \qquad \gamma \in [1, 3]

    Mean over samples; TI as in its eq. 9 with beta, ``fp_weight``, on the false positives. Right is the power 1/gamma.

    Example:
        >>> probs, mask = torch.tensor([[[1.0, 0.3]]]), torch.tensor([[[1.0, 0.0]]])
        >>> round(survey_focal_tversky(probs, mask).item(), 4)                   # (.09 / 1.09) ** (4 / 3)
        0.036
    """
    return ((1 - _tversky_index(probs, target, fp_weight, 1 - fp_weight)) ** exponent).sum(1).mean()


def survey_combo(
    probs: Tensor, target: Tensor, cross_entropy_weight: float = 0.5, positive_weight: float = 0.5
) -> Tensor:
    r"""The combo loss as the survey prints it in eq. 17 and 18 (errata S9, S10; the first slip is U8 too).

    .. math:: L = -\frac{\alpha}{N} \sum_i \left[ \beta (g_i - \log p_i) + (1 - \beta)(1 - g_i) \log(1 - p_i) \right]
                  - (1 - \alpha)\,DL, \qquad DL = 1 - \frac{2I + 1}{P + G + 1}

    A minus sign stands for a product in the first part, and the Dice *loss* is subtracted in the second. With a weight
    of 1 or 0 on the cross entropy each slip is seen alone.

    Args:
        probs: Probabilities, strictly between 0 and 1.
        target: Masks.
        cross_entropy_weight: alpha, in [0, 1].
        positive_weight: beta, in [0, 1].

    Example:
        >>> mask = torch.tensor([1.0, 1.0, 0.0, 0.0])
        >>> good, bad = (0.1 + 0.8 * m for m in (mask, 1 - mask))
        >>> bool(survey_combo(bad, mask, cross_entropy_weight=0) < survey_combo(good, mask, cross_entropy_weight=0))
        True
    """
    positive = positive_weight * (target - probs.log())
    negative = (1 - positive_weight) * (1 - target) * torch.log1p(-probs)
    dice_loss = 1 - (2 * (probs * target).sum() + 1) / (probs.sum() + target.sum() + 1)
    return -cross_entropy_weight * (positive + negative).mean() - (1 - cross_entropy_weight) * dice_loss


def _tversky_index(probs: Tensor, target: Tensor, fp_weight: float, fn_weight: float, smooth: float = 0.0) -> Tensor:
    tp, fp, fn = ((a * b).flatten(2).sum(2) for a, b in ((probs, target), (probs, 1 - target), (1 - probs, target)))
    return (tp + smooth) / (tp + fp_weight * fp + fn_weight * fn + smooth)


# Forms that a network can be trained with, and whether they count the background as a class.
TRAINABLE: dict[str, tuple[Callable[..., Tensor], bool]] = {
    "kappa_equation_4": (kappa_equation_4, False),
    "kappa_readme": (kappa_readme, False),
    "inverted_cosine_tversky": (inverted_cosine_tversky, True),
    "survey_focal_tversky": (survey_focal_tversky, False),
    "survey_combo": (survey_combo, False),
}


class AsPublished(SegmentationLoss):
    """One of the forms above as a loss of logits and labels.

    Args:
        form: Its name.
        options: Those of the function.

    Raises:
        ValueError: If there is no such form to train with.
    """

    def __init__(self, form: str, options: Mapping[str, Any]) -> None:
        super().__init__()
        if form not in TRAINABLE:
            raise ValueError(f"unknown published form {form!r}; those to train with are {', '.join(TRAINABLE)}")
        self.form, self.options = form, dict(options)
        self.phase = f"{form}_as_published"

    def forward(self, logits: Tensor, labels: Tensor, distance: Tensor | None = None) -> Tensor:
        function, with_background = TRAINABLE[self.form]
        with torch.autocast(logits.device.type, enabled=False):
            quantities = Quantities(logits, labels)
            first = 0 if with_background else 1
            return function(quantities.probs[:, first:], quantities.target[:, first:], **self.options)
