"""Lovász-softmax: the Jaccard index made convex in the errors of the pixels."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from segloss.losses.quantities import Quantities
from segloss.losses.reductions import class_mean


def lovasz_softmax_loss(quantities: Quantities) -> Tensor:
    r"""The Lovász extension of the Jaccard loss, at the errors of the pixels.

    .. math:: L = \sum_k e_{(k)} \left(J_k - J_{k-1}\right), \qquad J_k = 1 - \frac{G - T_k}{G + k - T_k}

    with errors :math:`e_i = |p_i - g_i|` of one class in falling order, G true pixels, and :math:`T_k` of them among
    the k largest errors. J_k is the Jaccard loss of a mask that is wrong at these k pixels and right elsewhere. So for
    hard masks L is one minus the Jaccard index.

    Regions: all.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial).

    Returns:
        Scalar in [0, 1]; 0 is a perfect match. Mean over the classes of a sample that have a true pixel, then over
        samples; with nothing left the loss is 0. An empty mask has the background alone. Ties among errors change the
        gradient, not the value.

    Reference:
        Berman, Triki, Blaschko (2018), The Lovász-Softmax loss. Secondary source: the authors' code. Deviation: always
        per sample, where their default and segmentation_models.pytorch pool the batch. As theirs do, it leaves absent
        classes out; SegLossOdyssey counts them.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.6, 0.5, 0.1, 0.7]]]).logit()
        >>> loss = lovasz_softmax_loss(Quantities(logits, torch.tensor([[1, 1, 0, 0]])))
        >>> round(loss.item(), 4)      # mean of .7/3 + .5/3 + .4/3 (foreground) and .7/2 + .5/6 + .4/12 + .1/4
        0.5125
    """
    errors = functional.l1_loss(quantities.probs, quantities.target, reduction="none")
    counted = quantities.counts(include_background=True).true > 0
    errors *= _weights(errors.detach(), counted, quantities)  # in place, to save memory
    return class_mean(errors.flatten(2).sum(2), counted)


def _weights(errors: Tensor, counted: Tensor, quantities: Quantities) -> Tensor:
    r"""J_k - J_{k-1} at the place of each pixel, (B, C, \*spatial); 0 where a class or a pixel does not count."""
    if quantities.valid is not None:
        errors = errors.where(quantities.valid.unsqueeze(1), -1)  # behind all others, where a step is 0
    weights = torch.zeros_like(errors)
    at_once = 1 if errors.device.type == "cpu" else quantities.classes  # sorting takes memory, small steps a GPU's time
    for sample, classes in enumerate(counted):
        for present in classes.nonzero().squeeze(1).split(at_once):
            values, target = errors[sample, present], quantities.target[sample, present]
            weights[sample, present] = _steps(values.flatten(1), target.flatten(1)).view_as(values)
    return weights


def _steps(errors: Tensor, target: Tensor) -> Tensor:
    """J_k - J_{k-1} in closed form, since differences of J itself would lose their digits; all (classes, pixels).

    At a true pixel the union G + k - T_k stays and the intersection G - T_k shrinks by one, elsewhere the union grows.
    """
    order = _falling(errors)
    is_true = target.gather(1, order)
    intersection = is_true.sum(1, keepdim=True) - is_true.cumsum(1)
    union = intersection + torch.arange(1, errors.shape[1] + 1, device=errors.device)
    steps = torch.where(is_true > 0, 1, intersection / (union - 1).clamp(min=1)) / union
    return steps.scatter(1, order, steps)


def _falling(values: Tensor) -> Tensor:
    """Indices of each row from its largest value to its smallest; on a CPU numpy sorts five times as fast as torch."""
    if values.device.type == "cpu" and not torch.compiler.is_compiling():
        return torch.from_numpy(np.argsort(-values.numpy(), axis=1))
    return values.argsort(1, descending=True)
