"""Cross entropy family: the predicted and the true class compared pixel by pixel, with weights of different kinds."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from segloss.losses.quantities import IGNORED, Quantities
from segloss.losses.reductions import class_mean, dropped, ratio


def cross_entropy_loss(quantities: Quantities, *, class_weights: Sequence[float] | None = None) -> Tensor:
    r"""Cross entropy, the mean over all pixels of the batch.

    .. math:: L = -\frac{\sum_i w_{y_i} \log p_{i, y_i}}{\sum_i w_{y_i}}

    with weights w = ``class_weights``. Equal weights give the plain mean.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels y (B, \*spatial).
        class_weights: w, one per class, the background first, two for a single channel; >= 0, not all 0. All 1 if
            left out.

    Returns:
        Scalar in [0, inf), in nats; 0 is a perfect match. An empty or a full mask is a mask like any other. Where no
        pixel counts, or only pixels whose weight is 0, the loss is 0.

    Raises:
        ValueError: If ``class_weights`` are not one per class, one of them is negative or not finite, or all are 0.

    Reference:
        Yeung et al. (2021), Mixed Focal loss, eq. 2, and for two classes Jadon (2020), A survey of loss functions,
        eq. 1, with the mean over pixels that it leaves out; Zhang (2019), Technical Report on Kappa Loss, Table 3,
        names it. Weights as in PyTorch, whose weighted mean divides by the sum of the weights, not by the number of
        pixels.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.0, 0.0, 2.0]]])             # B=1, C=1, three pixels
        >>> quantities = Quantities(logits, torch.tensor([[0, 1, 1]]))
        >>> round(cross_entropy_loss(quantities).item(), 4)        # (2 log 2 + log(1 + exp(-2))) / 3
        0.5044
        >>> loss = cross_entropy_loss(quantities, class_weights=[1, 3])
        >>> round(loss.item(), 4)                                  # (log 2 + 3 log 2 + 3 log(1 + exp(-2))) / 7
        0.4505
    """
    if class_weights is None:
        return quantities.cross_entropy_sum / quantities.pixels
    weights = _one_per_class(class_weights, quantities)
    labels = quantities.labels if quantities.valid is None else quantities.labels.where(quantities.valid, IGNORED)
    total = functional.cross_entropy(quantities.logits, labels, weights, ignore_index=IGNORED, reduction="sum")
    return ratio(total, quantities.pixel_sums(weights[quantities.labels].unsqueeze(1)).sum())


def weighted_cross_entropy_loss(quantities: Quantities, *, positive_weight: float) -> Tensor:
    r"""Cross entropy of each foreground class against the rest, with a weight on its true pixels.

    .. math:: L = -\frac{1}{N (C - 1)} \sum_{c \ge 1} \sum_i w\, g_{ic} \log p_{ic} + (1 - g_{ic}) \log (1 - p_{ic})

    with w = ``positive_weight``. For two classes w = 1 gives the cross entropy.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).
        positive_weight: w, > 0. Above 1 it makes false negatives dearer, below 1 false positives.

    Returns:
        Scalar in [0, inf), in nats; 0 is a perfect match. Mean over pixels and foreground classes, N pixels in all. An
        empty or a full mask is a mask like any other; where no pixel counts, the loss is 0.

    Raises:
        ValueError: If ``positive_weight`` is not above 0 and finite.

    Reference:
        Jadon (2020), A survey of loss functions, eq. 2. Deviations: the mean over pixels, which the equation leaves
        out, and over the foreground classes where there are several. The survey's own code turns the weight round: its
        beta of .25 becomes a weight of beta / (1 - beta) = 1/3. We follow the equation, as PyTorch's ``pos_weight``
        does.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))
        >>> loss = weighted_cross_entropy_loss(quantities, positive_weight=2.0)
        >>> round(loss.item(), 4)                                  # -(2 log .9 + 2 log .5 + 2 log .9) / 4
        0.4519
    """
    if not 0 < positive_weight < math.inf:
        raise ValueError(f"positive_weight must be above 0 and finite, got {positive_weight}")
    return quantities.pixel_mean(one_vs_rest(quantities, positive_weight, 1.0).mean(1))


def balanced_cross_entropy_loss(quantities: Quantities) -> Tensor:
    r"""Cross entropy of each foreground class against the rest, both weighted by the share of the other one.

    .. math:: L = -\frac{1}{N} \sum_i \beta\, g_i \log p_i + (1 - \beta)(1 - g_i) \log (1 - p_i),
        \qquad \beta = 1 - \frac{G}{N}

    for the G true pixels among the N pixels of one sample and class: all true pixels together weigh as much as all
    others. Half of each gives half of the cross entropy.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).

    Returns:
        Scalar in [0, inf), in nats; 0 is a perfect match. Mean over classes, then over samples. An empty or a full
        mask is left out of its sample's mean, because there every prediction would cost 0; if nothing is left, the
        loss is 0.

    Reference:
        Jadon (2020), A survey of loss functions, eq. 3. Deviations: beta is made of the number of true pixels, where
        the text prints the label of one pixel (errata S2); the mean over pixels; empty and full masks. Neither the
        survey's code nor one of the field's libraries has this loss.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.5, 0.5, 0.1, 0.1]]]).logit()
        >>> loss = balanced_cross_entropy_loss(Quantities(logits, torch.tensor([[1, 0, 0, 0]])))  # beta .75
        >>> round(loss.item(), 4)                                  # -(.75 log .5 + .25 (log .5 + 2 log .9)) / 4
        0.1865
    """
    true = quantities.pixel_sums(quantities.target)
    pixels, true = true.sum(1, keepdim=True), true[:, 1:]
    share = (true / pixels.clamp(min=1)).reshape(*true.shape, *[1] * (quantities.logits.ndim - 2))
    sums = quantities.pixel_sums(one_vs_rest(quantities, 1 - share, share))
    return class_mean(ratio(sums, pixels), (true > 0) & (true < pixels))


def focal_loss(quantities: Quantities, *, exponent: float = 2.0, foreground_weight: float | None = None) -> Tensor:
    r"""Cross entropy in which a pixel weighs the less the more certain its true class is.

    .. math:: L = -\frac{1}{N} \sum_i a_{y_i} (1 - p_{i, y_i})^e \log p_{i, y_i}

    with e = ``exponent`` and, if ``foreground_weight`` is given, :math:`a_c` = ``foreground_weight`` for the
    foreground classes and 1 - ``foreground_weight`` for the background. e = 0 without weights gives the cross entropy.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels y (B, \*spatial).
        exponent: e, >= 0.
        foreground_weight: Weight of the pixels of all foreground classes, strictly between 0 and 1. All pixels weigh 1
            if left out.

    Returns:
        Scalar in [0, inf); 0 is a perfect match. Mean over pixels, whatever their weights. An empty or a full mask is
        a mask like any other; where no pixel counts, the loss is 0.

    Raises:
        ValueError: If ``exponent`` is negative or not finite, or ``foreground_weight`` not strictly between 0 and 1.

    Reference:
        Yeung et al. (2021), Mixed Focal loss, eq. 6-7, and Jadon (2020), A survey of loss functions, eq. 7, after
        Lin et al. (2017), whose exponent is the default. Deviations: the power stands inside the sum, where eq. 7 of
        Yeung et al. puts it before a cross entropy summed already (errata U3); it is the power of 1 - p that e = 0,
        not e = 1, turns off (errata S3). The weight depends on the class as in Lin et al. and the survey; eq. 6 has one
        factor for all. The field's libraries differ: MONAI and segmentation_models.pytorch take one sigmoid per class,
        and MONAI's softmax form divides by C too. We follow the equation and its authors' code: a softmax, a sum over
        classes, a mean over pixels.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))
        >>> round(focal_loss(quantities).item(), 4)                # -(3 * .01 log .9 + .25 log .5) / 4
        0.0441
        >>> loss = focal_loss(quantities, foreground_weight=0.25)
        >>> round(loss.item(), 4)                                  # the two foreground pixels * .25, the others * .75
        0.0113
    """
    if not 0 <= exponent < math.inf:
        raise ValueError(f"exponent must be at least 0 and finite, got {exponent}")
    if foreground_weight is not None and not 0 < foreground_weight < 1:
        raise ValueError(f"foreground_weight must lie strictly between 0 and 1, got {foreground_weight}")
    # Below 1 the power has an infinite slope at 0, which the logarithm keeps away from.
    power = quantities.error**exponent if exponent >= 1 else torch.exp(exponent * quantities.log_error)
    values = power * quantities.cross_entropy
    if foreground_weight is not None:
        foreground = (quantities.labels > 0).to(values)
        values = values * (foreground_weight * foreground + (1 - foreground_weight) * (1 - foreground))
    return quantities.pixel_mean(values)


def topk_cross_entropy_loss(quantities: Quantities, *, keep: float = 0.5) -> Tensor:
    r"""Cross entropy of the hardest pixels of the batch.

    .. math:: L = -\frac{1}{|K|} \sum_{i \in K} \log p_{i, y_i}

    where K holds the share ``keep`` of all counted pixels, those of the largest cross entropy; the easiest
    :math:`\lfloor (1 - keep)\, n \rfloor` of n pixels are dropped. ``keep`` = 1 gives the cross entropy.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels y (B, \*spatial).
        keep: Share of the pixels that is kept, in (0, 1].

    Returns:
        Scalar in [0, inf), in nats; 0 is a perfect match. An empty or a full mask is a mask like any other; where no
        pixel is kept, the loss is 0.

    Raises:
        ValueError: If ``keep`` does not lie in (0, 1].

    Reference:
        Hosseini (2023), TopK Dice loss, sections 1 and 3.2, in words: no equation is printed; the default is the K of
        its two larger data sets. nnU-Net and SegLossOdyssey rank the pixels of the whole batch together, as done here.
        Deviations from both: the number of pixels kept is rounded up, where they round down and may keep none; ignored
        pixels are never among them.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.2]]]).logit()
        >>> quantities = Quantities(logits, torch.tensor([[1, 1, 0, 0]]))
        >>> round(topk_cross_entropy_loss(quantities, keep=0.5).item(), 4)     # -(log .5 + log .8) / 2
        0.4581
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep must lie in (0, 1], got {keep}")
    values = quantities.cross_entropy if quantities.valid is None else quantities.cross_entropy[quantities.valid]
    kept = values.numel() - dropped(keep, values.numel())
    return values.flatten().topk(kept, sorted=False).values.sum() / max(kept, 1)


def one_vs_rest(quantities: Quantities, positive_weight: float | Tensor, negative_weight: float | Tensor) -> Tensor:
    r"""Cross entropy of each foreground class against the rest, pixel by pixel, (B, C - 1, \*spatial).

    .. math:: -\left(w\, g \log p + v\, (1 - g) \log (1 - p)\right)

    with w = ``positive_weight`` and v = ``negative_weight``, numbers or tensors that broadcast to the result. Pixels
    that do not count have a value too, as if they were of another class.
    """
    true, log_probs = quantities.target[:, 1:], quantities.log_probs[:, 1:]
    return -(positive_weight * true * log_probs + negative_weight * (1 - true) * quantities.log_complements[:, 1:])


def _one_per_class(class_weights: Sequence[float], quantities: Quantities) -> Tensor:
    if len(class_weights) != quantities.classes or not all(0 <= w < math.inf for w in class_weights):
        raise ValueError(f"class_weights must be {quantities.classes} finite numbers >= 0, got {class_weights}")
    if not any(class_weights):
        raise ValueError("class_weights must not all be 0")
    return torch.tensor(class_weights, dtype=quantities.logits.dtype, device=quantities.logits.device)
