"""Cross entropy under a map of weights: how near a boundary a pixel lies, or how unlike the truth its window is."""

import torch
from torch import Tensor
from torch.nn import functional

from segloss.losses.cross_entropy import one_vs_rest
from segloss.losses.quantities import Quantities
from segloss.losses.reductions import ratio

SIGMA = 1.5  # of the Gaussian window, in pixels
STABILITY = 0.01  # the C4 of the paper


def distance_penalized_cross_entropy_loss(quantities: Quantities) -> Tensor:
    r"""Cross entropy that weighs a pixel the more the nearer it lies to a true boundary.

    .. math:: L = -\frac{1}{N} \sum_i (1 + \varphi_i) \log p_{i, y_i}, \qquad
        \varphi_i = \max_c \left(1 - \frac{|d_{ic}|}{\max_j |d_{jc}|}\right)

    where d is the distance to the boundary of the true mask of a foreground class, in one sample. A pixel weighs 2 on
    a boundary and 1 as far away from all of them as it gets.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial), labels y (B, \*spatial) and distance maps, computed if not given.

    Returns:
        Scalar in [0, inf), in nats; 0 is a perfect match. Between the cross entropy and twice that. A class whose map
        is 0 everywhere, which is absent or full, adds no weight; without any class left the loss is the cross entropy.
        Where no pixel counts, the loss is 0.

    Reference:
        Jadon (2020), A survey of loss functions, eq. 22, after Caliva et al. (2019). Secondary source: the survey, and
        SegLossOdyssey for the form of the weights. Deviations: the map comes from the truth alone and is largest at its
        boundary, where the survey speaks of a distance between truth and prediction (errata S12). SegLossOdyssey
        computes the weights and then averages the unweighted loss, scales inside and outside apart, and takes two
        classes; we follow its intention, with one scale for both and the largest weight among several classes.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> maps = torch.tensor([[[-1.0, 0.0, 1.0, 2.0]]])         # phi .5, 1, .5, 0
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]), distance=maps)
        >>> loss = distance_penalized_cross_entropy_loss(quantities)
        >>> round(loss.item(), 4)                                  # -(1.5 log .9 + 2 log .5 + (1.5 + 1) log .9) / 4
        0.4519
    """
    distance = quantities.distance.abs()
    farthest = distance.flatten(2).amax(2).reshape(*distance.shape[:2], *[1] * (distance.ndim - 2))
    nearness = ((1 - ratio(distance, farthest)) * (farthest > 0)).amax(1)
    return quantities.pixel_mean((1 + nearness) * quantities.cross_entropy)


def structural_similarity_loss(quantities: Quantities, *, hard_share: float = 0.1) -> Tensor:
    r"""Cross entropy where a small window of the prediction does not rise and fall with the truth.

    .. math:: L = \frac{1}{M} \sum_{i,c} f_{ic}\, e_{ic}\, \mathrm{CE}(g_{ic}, p_{ic}), \qquad
        e = \left|\frac{g - \mu_g + C_4}{\sigma_g + C_4} - \frac{p - \mu_p + C_4}{\sigma_p + C_4}\right|, \qquad
        f = [e > b \max e]

    with b = ``hard_share``, :math:`M = \sum f`, :math:`C_4 = 0.01`, and CE that of one class against the rest. Means
    and standard deviations are those of a Gaussian window of 3 pixels per axis, sigma 1.5, of the pixels that are
    inside the image and count. The weights e and f are without gradient.

    Blind spot: where truth and prediction are both flat, e is 0, so that a uniform region that is wholly wrong costs
    nothing. Use it in a sum with a loss that sees such regions, as the cross entropy.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        hard_share: b, in [0, 1): the share of the batch's largest e that a pixel must exceed to count.

    Returns:
        Scalar in [0, inf); 0 is a perfect match, but see the blind spot. An empty or a full mask is a mask like any
        other. Where no pixel exceeds the threshold, the loss is 0.

    Raises:
        ValueError: If ``hard_share`` does not lie in [0, 1).

    Reference:
        Jadon (2020), A survey of loss functions, eq. 24-27, after Zhao et al. (2019). Secondary source: the survey for
        the formulas, two implementations for the window, b and the cross entropy of one class against the rest: they
        take windows of sigma 1.5, and b = .1 or a fixed threshold of .3; we follow the first, as it keeps to eq. 25.
        Deviations: the brackets that eq. 25 lacks, and M = 0 (errata S14); windows are cut at the border of the image,
        where those implementations fill them with 0; the background, which mirrors the rest, is no class of its own.

    Example:
        >>> import torch
        >>> quantities = Quantities(torch.zeros(1, 1, 2), torch.tensor([[1, 0]]))     # p = .5 everywhere
        >>> loss = structural_similarity_loss(quantities)          # e = .10, 1.86: the second pixel alone counts
        >>> round(loss.item(), 4)                                  # 1.8575 log 2
        1.2875
    """
    if not 0 <= hard_share < 1:
        raise ValueError(f"hard_share must lie in [0, 1), got {hard_share}")
    counted = torch.ones_like(quantities.target[:, :1]) if quantities.valid is None else quantities.valid.unsqueeze(1)
    true, probs = quantities.target[:, 1:], quantities.probs[:, 1:].detach()
    error = (_standardised(true, counted) - _standardised(probs, counted)).abs() * counted
    hard = error > hard_share * error.amax()
    return ratio((hard * error * one_vs_rest(quantities, 1.0, 1.0)).sum(), hard.sum())


def _standardised(values: Tensor, counted: Tensor) -> Tensor:
    """How far a pixel stands out of its window, in standard deviations of that window."""
    mean, variance = _local_moments(values, counted)
    return (values - mean + STABILITY) / (variance.sqrt() + STABILITY)


def _local_moments(values: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance in a Gaussian window of 3 pixels per axis.

    One axis after the other, windows of fewer axes are merged by threes. A variance is always a mean of squared
    differences, so that it is 0 in flat windows; the usual E[x^2] - E[x]^2 would leave the rounding of its terms.
    """
    weight, mean, variance = counted.to(values.dtype), values, torch.zeros_like(values)
    taps = torch.exp(torch.tensor([-1.0, 0.0, -1.0], dtype=values.dtype, device=values.device) / (2 * SIGMA**2))
    for axis in range(2, values.ndim):
        shares = taps.view(3, *[1] * values.ndim) * _neighbours(weight, axis)
        weight = shares.sum(0)
        shares = ratio(shares, weight)
        means = _neighbours(mean, axis)
        mean = (shares * means).sum(0)
        variance = (shares * (_neighbours(variance, axis) + (means - mean) ** 2)).sum(0)
    return mean, variance


def _neighbours(values: Tensor, axis: int) -> Tensor:
    """The pixel before, itself and the one after along an axis, 0 outside the image, (3, B, K, *spatial)."""
    padded = functional.pad(values, [0, 0] * (values.ndim - 1 - axis) + [1, 1])
    return torch.stack([padded.narrow(axis, start, values.shape[axis]) for start in range(3)])
