"""Losses on the distance to the true contour."""

import torch
from torch import Tensor

from segloss.losses.distance_maps import contour
from segloss.losses.quantities import Quantities
from segloss.losses.reductions import class_mean, ratio


def boundary_loss(quantities: Quantities) -> Tensor:
    r"""Mean of the probabilities, weighted by the signed distance to the true boundary.

    .. math:: L = \frac{1}{|\Omega|} \sum_i \phi_i\, p_i

    :math:`\phi` is negative inside the true region and positive outside, so that what is predicted inside is rewarded
    and what is predicted far outside costs most. It is 0 on the boundary: there the loss has no gradient, and an
    object of one pixel is all boundary. Hence the loss goes along with a region loss.

    Regions: foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial); with ``distance``, the maps of
            :func:`segloss.losses.signed_distance`, in any unit, else computed in pixels.

    Returns:
        Scalar, of either sign, in the unit of the maps; smallest, and negative or 0, at a perfect match. Mean over
        classes and pixels of the batch. A class that is absent from a sample, or fills it, has a zero map: it counts
        as 0 and has no gradient.

    Reference:
        Kervadec et al. (2019), Boundary loss, eq. 5. Deviation: a mean, as in the authors' code, in place of a sum.
        The map is the paper's; the code's is truncated to integers (errata B6). The loss is negative by nature (B5).

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.5, 0.1, 0.2]]]).logit()
        >>> loss = boundary_loss(Quantities(logits, torch.tensor([[1, 1, 0, 0]])))   # phi = -1, 0, 1, 2
        >>> round(loss.item(), 4)                                                    # (-.9 + .1 + 2 * .2) / 4
        -0.1
    """
    return quantities.pixel_mean((quantities.distance * quantities.probs[:, 1:]).mean(1))


def shape_aware_loss(quantities: Quantities) -> Tensor:
    r"""Cross entropy, and once more where a predicted contour is off the true one, by as much as it is off.

    .. math:: L = \frac{1}{|\Omega|} \Bigl( \sum_{i} CE_i + E \sum_{i \in \hat C} CE_i \Bigr), \qquad
              E = \frac{1}{|\partial S|} \sum_{i \in \partial S} D_i

    S is the predicted region of a class, the pixels where its probability is the highest; :math:`\partial S` its
    contour, the pixels of it with a face neighbour outside; D the distance to the true contour; and :math:`\hat C` are
    the pixels between the two contours, those in one region but not in the other. E is a weight without gradient, and
    so is the choice of :math:`\hat C`.

    Regions: all. The cross entropy is that of all classes; the contours are those of the foreground.

    Args:
        quantities: Logits (B, C, \*spatial) and labels (B, \*spatial); with ``distance``, the maps of
            :func:`segloss.losses.signed_distance`, in any unit, else computed in pixels.

    Returns:
        Scalar >= 0; 0 is a perfect match. The cross entropy is a mean over pixels; the second term a mean over pixels,
        then over classes, then over samples. A class without a true pixel is left out of its sample's mean; one that
        fills the sample has no contour, and one that is nowhere predicted none to measure: E is 0 then, and the cross
        entropy stands alone.

    Reference:
        Al Arif et al. (2017), Shape-aware deep convolutional neural network for vertebrae segmentation. Secondary
        source: Jadon (2020), A survey of loss functions, eq. 15-16, and for the restriction to the pixels between the
        contours general knowledge of the paper. Deviations: the survey's minus signs stand before what already is a
        loss, an index i strays into its second sum, and it cites another paper (errata S8); sums are divided by the
        number of pixels; classes are averaged, where the paper has one. No implementation is known.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[0.9, 0.8, 0.6, 0.1]]]).logit()
        >>> loss = shape_aware_loss(Quantities(logits, torch.tensor([[1, 0, 0, 0]])))   # contours 2 pixels apart
        >>> round(loss.item(), 4)                           # CE = .1054, 1.6094, .9163, .1054, the middle two thrice
        1.947
    """
    predicted, true, on_contour = _regions(quantities)
    offsets = ratio((quantities.distance.abs() * on_contour).flatten(2).sum(2), on_contour.flatten(2).sum(2))
    between = (predicted != true) * quantities.cross_entropy.unsqueeze(1)
    means = ratio(quantities.pixel_sums(between), quantities.counts(include_background=False).pixels)
    return quantities.pixel_mean(quantities.cross_entropy) + class_mean(offsets * means, true.flatten(2).any(2))


def _regions(quantities: Quantities) -> tuple[Tensor, Tensor, Tensor]:
    r"""Predicted regions, true regions and predicted contours of the foreground, bool (B, C - 1, \*spatial)."""
    best = quantities.logits.argmax(1)
    if quantities.valid is not None:
        best = best.where(quantities.valid, 0)
    classes = torch.arange(1, quantities.classes, device=best.device).view(-1, *[1] * (best.ndim - 1))
    predicted = best.unsqueeze(1) == classes
    return predicted, quantities.target[:, 1:].bool(), contour(predicted)
