"""Claims of the Boundary paper that need no data: the contour distance as a regional integral, and empty slices."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segloss.verdicts.arithmetic import Computed
from segloss.verdicts.rules import CONTRADICTED, SUPPORTED

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]
RADIUS, MOVES = 20.0, (-5.0, -1.0, 0.1, 1.0, 5.0)


def contour_distance(radius: float, move: float) -> float:
    """Eq. 2 for a disc whose contour moves outwards by ``move``: the contour's length times the squared motion.

    >>> round(contour_distance(20, 5))                                           # 40 pi * 25
    3142
    """
    return 2 * np.pi * radius * move**2


def regional_integral(radius: float, move: float, steps: int = 20_001) -> float:
    """The right side of eq. 3 for the same discs: twice the distance, over the ring between the contours.

    >>> round(regional_integral(20, 5) / contour_distance(20, 5), 3)             # 1 + 2 h / (3 R)
    1.167
    """
    radii = np.linspace(min(radius, radius + move), max(radius, radius + move), steps)
    return 2 * float(np.trapezoid(2 * np.pi * radii * np.abs(radii - radius), radii))


def generalized_dice_of_the_code(probs: "Tensor", target: "Tensor") -> "Tensor":
    r"""Generalised Dice loss of one slice as the paper's published code computes it (errata B2).

    .. math:: 1 - 2 \frac{\sum_c w_c I_c + \epsilon}{\sum_c w_c (P_c + G_c) + \epsilon},
              \qquad w_c = \frac{1}{(G_c + \epsilon)^2}, \quad \epsilon = 10^{-10}

    Args:
        probs: Probabilities of the foreground.
        target: Mask, of the same shape.
    """
    tiny = 1e-10
    weights = [1 / (mask.sum() + tiny) ** 2 for mask in (target, 1 - target)]
    above = weights[0] * (probs * target).sum() + weights[1] * ((1 - probs) * (1 - target)).sum()
    below = weights[0] * (probs + target).sum() + weights[1] * (2 - probs - target).sum()
    return 1 - 2 * (above + tiny) / (below + tiny)


def empty_slice_gradients(height: float, pixels: int = 4096) -> tuple[float, float]:
    """Largest gradient in a probability on a slice without a lesion, times the number of pixels.

    Args:
        height: The probability that the network gives to every pixel, strictly between 0 and 1.
        pixels: Of the slice.

    Returns:
        Of the published code's generalised Dice, and of ours, which drops the absent class.
    """
    import torch

    from segloss.losses import build_loss

    target = torch.zeros(pixels, dtype=torch.float64)
    gradients = []
    for loss in (
        generalized_dice_of_the_code,
        lambda probs, mask: build_loss("generalized_dice")(probs.logit()[None, None], mask[None].long()),
    ):
        probs = torch.full_like(target, height, requires_grad=True)
        (gradient,) = torch.autograd.grad(loss(probs, target), probs)
        gradients.append(float(gradient.abs().max()) * pixels)
    return gradients[0], gradients[1]


def level_set_gap(radius: float = 10, move: float = 5, size: int = 64) -> float:
    """Eq. 4 on pixels: how far its two regional sides are apart for a disc and a smaller one beside it."""
    import torch

    from segloss.losses import signed_distance

    rows, columns = np.mgrid[:size, :size] - size // 2
    true, predicted = (np.hypot(rows, columns - shift) <= radius - shift / 2 for shift in (0, move))
    phi = signed_distance(torch.from_numpy(true.astype(np.int64))[None], 2)[0, 1].double().numpy()
    change = (phi * predicted).sum() - (phi * true).sum()
    return abs(float(change - np.abs(phi[true ^ predicted]).sum()))


def contour_as_region() -> Computed:
    """Eq. 2 to 4: is the distance of contours the regional integral?"""
    ratios = {move: regional_integral(RADIUS, move) / contour_distance(RADIUS, move) for move in MOVES}
    shown = ", ".join(f"{ratio:.3f} at h = {move:g}" for move, ratio in ratios.items()).replace("-", "−")
    exact = max(abs(ratio - 1) for ratio in ratios.values()) < 1e-3
    gap = level_set_gap()
    return Computed(
        ours=f"eq. 3 over eq. 2 for a disc of radius {RADIUS:g} moved by h: {shown}; "
        f"the two regional sides of eq. 4 differ by {'less than 0.001' if gap < 1e-3 else f'{gap:.3f}'}",
        published="equal",
        verdict=SUPPORTED if exact and gap < 1e-3 else CONTRADICTED,
        reason="eq. 3 holds for small motions or straight contours only, the ratio is 1 + 2h / (3R) (errata B3); "
        "the regional form of eq. 4 is exact, so that the loss is least at a perfect match (errata B4)",
    )


def empty_slices() -> Computed:
    """Section 3.2: with a zero map on empty slices, does the generalised Dice loss push predictions down?"""
    found = {height: empty_slice_gradients(height) for height in (0.01, 0.5)}
    code, ours = ([pair[form] for pair in found.values()] for form in (0, 1))
    return Computed(
        ours=f"largest gradient times pixels on an empty slice: {max(code):.0e} in the published code, "
        f"{min(ours):.2f} to {max(ours):.2f} where the absent class is dropped",
        published="the generalised Dice loss is sufficient there",
        verdict=SUPPORTED if min(code) > 1e-3 else CONTRADICTED,
        reason="in the published code the weight of the empty class swallows everything (errata B2); "
        "it is true of a generalised Dice loss that drops the absent class, such as ours",
    )


BOUNDARY_ARITHMETIC: dict[str, Callable[[], Computed]] = {
    "contour_as_region": contour_as_region,
    "empty_slices": empty_slices,
}
