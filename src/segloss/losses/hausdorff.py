"""Losses that stand in for the Hausdorff distance of prediction and truth: the farther off an error, the more it costs.

The Hausdorff distance itself hangs on one pixel and has no useful gradient. All three count every error, and estimate
its distance: by distance transforms, by how many erosions it survives, by convolutions with discs.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from segloss.losses.distance_maps import distance_to_other_side
from segloss.losses.quantities import Quantities
from segloss.losses.reductions import class_mean, ratio


def hausdorff_distance_transform_loss(
    quantities: Quantities, *, exponent: float = 2.0, include_background: bool = False
) -> Tensor:
    r"""Squared errors, weighted by powers of their distances to the predicted and to the true contour.

    .. math:: L = \frac{1}{|\Omega|} \sum_i (p_i - g_i)^2 \left( D_{p,i}^a + D_{g,i}^a \right)

    with a = ``exponent``; :math:`D_g` is the distance of a pixel to the nearest one on the other side of the true
    contour, at least 1, and :math:`D_p` the same for the predicted mask, the pixels with p > 1/2. Both are weights
    without gradient.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial). Distances are in pixels; ``distance`` is not
            used, the prediction having none.
        exponent: a, >= 0.
        include_background: Count the background as a class too.

    Returns:
        Scalar >= 0, in pixels to the power a; 0 is a perfect match. Mean over classes, then over samples. A mask that
        is empty or full has no contour and distances of 0. A class without a true pixel is left out of its sample's
        mean; if nothing is left, the loss is 0. A class that fills the sample counts as long as the predicted mask
        has a contour.

    Raises:
        ValueError: If ``exponent`` is negative.

    Reference:
        Karimi and Salcudean (2019), Reducing the Hausdorff distance in medical image segmentation, first loss.
        Secondary source: the code of MONAI and of PatRyg99/HausdorffLoss, and a summary of the paper. With
        ``include_background=True`` in both, and no class absent, the value is that of MONAI's HausdorffDTLoss, whose
        first channel is otherwise left out too. Deviation from it: it divides by absent classes as well. The loss of
        that name in the code of Kervadec et al. measures the inside alone and hardly sees a far false positive.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.8]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))   # D_g = 2, 1, 1, 2; D_p = 1, 1, 1, 1
        >>> loss = hausdorff_distance_transform_loss(quantities)            # errors .1, .5, .1, .8
        >>> round(loss.item(), 4)                                           # (.05 + .5 + .02 + 3.2) / 4
        0.9425
    """
    _check(exponent)
    probs, target = _probs_and_target(quantities, include_background)
    masks = probs.detach() > 0.5, target > 0.5
    weights = sum(distance_to_other_side(mask).to(probs) ** exponent for mask in masks)
    return _mean(quantities, weights * functional.mse_loss(probs, target, reduction="none"), include_background)


def hausdorff_erosion_loss(
    quantities: Quantities,
    *,
    exponent: float = 2.0,
    erosions: int = 10,
    rescaled: bool = False,
    include_background: bool = False,
) -> Tensor:
    r"""Squared errors that survive erosion: the thicker a region of errors, the more it costs.

    .. math:: L = \frac{1}{|\Omega|} \sum_{k=1}^{K} k^a \sum_i e_i^{(k)}, \qquad
              e^{(k)} = \max\left(0,\; B * e^{(k-1)} - \tfrac12\right), \qquad e^{(0)} = (p - g)^2

    with a = ``exponent``, K = ``erosions`` and B the cross of a pixel and its face neighbours, each 1/5 in 2-D and 1/7
    in 3-D. Beyond the image there are no errors. Hence a volume of one slice costs less than that slice.

    As it stands, nothing outlives the second erosion: the first one leaves at most 1/2 of an error, and the second one
    takes 1/2 off that. So L is its term k = 1, whatever ``exponent`` and ``erosions`` are. With ``rescaled`` the
    threshold is :math:`\max(0, 2\,B * e - 1)`, which keeps the inside of an error whole, and they do what they are
    meant to do. Either way the loss and its gradient are 0 where errors stay below :math:`|p - g| = 0.707` all around,
    or are single pixels (in 3-D also lines of one pixel); so it goes along with a region loss.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        exponent: a, >= 0.
        erosions: K, >= 1.
        rescaled: Stretch what an erosion leaves to 0..1 again.
        include_background: Count the background as a class too.

    Returns:
        Scalar >= 0; 0 is a perfect match, and any other without a region of large errors. Mean over classes, then over
        samples. A class without a true pixel is left out of its sample's mean; if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``exponent`` is negative or ``erosions`` is not a whole number above 0.

    Reference:
        Karimi and Salcudean (2019), Reducing the Hausdorff distance in medical image segmentation, second loss.
        Secondary source: the code of PatRyg99/HausdorffLoss and a summary of the paper. Deviations from that code: it
        stretches every eroded map to its own range, so that an error of 2 x 2 pixels survives all erosions and costs
        more than one of 9 x 9; we do not, or with ``rescaled`` always by 2. And it has no gradient.

    Example:
        >>> import torch
        >>> logits = torch.full((1, 1, 3, 3), 40.0)                      # a false positive of 3 x 3
        >>> labels = torch.tensor([[[1, 0, 0], [0, 0, 0], [0, 0, 0]]])   # but for one corner
        >>> loss = hausdorff_erosion_loss(Quantities(logits, labels))    # .5 in the centre, .3 at two edges
        >>> round(loss.item(), 4)                                        # .1 at the others and at three corners
        0.1778
    """
    _check(exponent)
    if not (1 <= erosions < math.inf and erosions == int(erosions)):
        raise ValueError(f"erosions must be a whole number above 0, got {erosions}")
    probs, target = _probs_and_target(quantities, include_background)
    errors, total = (probs - target) ** 2, torch.zeros_like(probs)
    for k in range(1, int(erosions) + 1):
        errors = _eroded(errors) * (2 if rescaled else 1)
        total = total + k**exponent * errors
    return _mean(quantities, total, include_background)


def hausdorff_convolution_loss(
    quantities: Quantities,
    *,
    exponent: float = 2.0,
    radii: Sequence[float] = (3, 6, 9, 12, 15, 18),
    include_background: bool = False,
) -> Tensor:
    r"""Squared errors, weighted by the radii of the discs around them that lie mostly on the wrong side of a contour.

    .. math:: L = \frac{1}{|\Omega|} \sum_{r} r^a \sum_i (p_i - g_i)^2 \left[
              p_i \left( f(\overline{B_r * g})_i + f(B_r * p)_i \right) +
              g_i \left( f(\overline{B_r * p})_i + f(B_r * g)_i \right) \right], \qquad
              f(x) = \max\left(0,\; x - \tfrac12\right)

    with a = ``exponent`` and :math:`\overline{x} = 1 - x`. :math:`B_r * g` is the share of true pixels in the disc of
    radius r around a pixel (in 3-D the ball); only counted pixels inside the image make up the disc, so that an error
    costs no less at the image border. A false positive costs as far as discs around it are mostly without truth, and
    mostly predicted; a false negative the other way round. Prediction and truth can be exchanged.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        exponent: a, >= 0.
        radii: r, in pixels, each above 0.
        include_background: Count the background as a class too.

    Returns:
        Scalar >= 0; 0 is a perfect match. Mean over classes, then over samples. A class without a true pixel is left
        out of its sample's mean; if nothing is left, the loss is 0.

    Raises:
        ValueError: If ``exponent`` is negative, or ``radii`` are empty or one is not above 0.

    Reference:
        Karimi and Salcudean (2019), Reducing the Hausdorff distance in medical image segmentation, third loss.
        Secondary source: general knowledge of the paper, the formula from memory; neither its text nor any
        implementation was at hand, so there is nothing to compare with. Our own: the border of the image as above.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[40.0, -40.0, -40.0, 40.0]]])
        >>> quantities = Quantities(logits, torch.tensor([[1, 0, 0, 0]]))            # one false positive, at the end
        >>> round(hausdorff_convolution_loss(quantities, radii=[1]).item(), 4)       # disc of two: no truth, half p
        0.125
        >>> round(hausdorff_convolution_loss(quantities, radii=[1, 3]).item(), 4)    # disc of four: 1/4 truth, half p
        0.6875
    """
    _check(exponent)
    if not radii or not all(radius > 0 for radius in radii):
        raise ValueError(f"radii must be numbers above 0, at least one, got {radii}")
    probs, target = _probs_and_target(quantities, include_background)
    shares = zip(_disc_means(probs, radii, quantities), _disc_means(target, radii, quantities), strict=True)
    costs = torch.zeros_like(probs)
    for radius, (predicted, true) in zip(radii, shares, strict=True):
        false_positive = (0.5 - true).relu() + (predicted - 0.5).relu()
        false_negative = (0.5 - predicted).relu() + (true - 0.5).relu()
        costs = costs + radius**exponent * (probs * false_positive + target * false_negative)
    return _mean(quantities, costs * (probs - target) ** 2, include_background)


def _check(exponent: float) -> None:
    if not 0 <= exponent < math.inf:
        raise ValueError(f"exponent must be at least 0 and finite, got {exponent}")


def _probs_and_target(quantities: Quantities, include_background: bool) -> tuple[Tensor, Tensor]:
    r"""p and g of the classes that count, (B, K, \*spatial); both 0 where a pixel does not count."""
    first = 0 if include_background else 1
    probs, target = quantities.probs[:, first:], quantities.target[:, first:]
    return probs if quantities.valid is None else probs * quantities.valid.unsqueeze(1), target


def _mean(quantities: Quantities, values: Tensor, include_background: bool) -> Tensor:
    """Mean over the counted pixels, over the classes that have a true pixel, and over the samples."""
    counts = quantities.counts(include_background)
    return class_mean(ratio(quantities.pixel_sums(values), counts.pixels), counts.true > 0)


def _eroded(values: Tensor) -> Tensor:
    """Mean over each pixel and its face neighbours, less 1/2, and no less than 0; 0 outside the image."""
    total = values.clone()
    for axis in range(2, values.ndim):
        steps = values.shape[axis] - 1
        total.narrow(axis, 0, steps).add_(values.narrow(axis, 1, steps))
        total.narrow(axis, 1, steps).add_(values.narrow(axis, 0, steps))
    return functional.relu(total / (2 * (values.ndim - 2) + 1) - 0.5)


def _disc_means(values: Tensor, radii: Sequence[float], quantities: Quantities) -> list[Tensor]:
    r"""Means of ``values`` (B, K, \*spatial) over the counted pixels in the discs around each pixel, by radius.

    Convolutions by Fourier transform, because a ball of radius 18 has 24,000 pixels.
    """
    size, axes = values.shape[2:], tuple(range(2, values.ndim))
    reach = int(max(radii))
    padded = [length + min(reach, length - 1) for length in size]  # so that no disc wraps around
    steps = [torch.fft.fftfreq(length, 1 / length, dtype=values.dtype, device=values.device) for length in padded]
    squares = torch.stack(torch.meshgrid(*steps, indexing="ij")).square().sum(0)
    counted = values.new_ones(1, 1, *size) if quantities.valid is None else quantities.valid.unsqueeze(1).to(values)
    spectra = [torch.fft.rfftn(image, padded, axes) for image in (values, counted)]
    means = []
    for radius in radii:
        disc = torch.fft.rfftn((squares <= radius**2).to(values)).real  # a disc is its own mirror image
        sums, pixels = (torch.fft.irfftn(spectrum * disc, padded, axes)[..., *map(slice, size)] for spectrum in spectra)
        means.append(sums / pixels.round().clamp(min=1))
    return means
