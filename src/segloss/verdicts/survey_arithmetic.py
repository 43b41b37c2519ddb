"""Claims of the survey that need no data: what its own Table III allows, and what log-cosh does to the Dice loss."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segloss.published import load_published
from segloss.verdicts.arithmetic import Computed
from segloss.verdicts.rules import CONTRADICTED, SUPPORTED

Array = NDArray[np.float64]
ROUNDING = 0.0005  # of a cell that is printed with three decimals
PIXELS, PAIRS = 16, 20_000
NEAR = 0.99  # of the Dice index: where training ends


def highest_dice(sensitivity: float) -> float:
    r"""The largest Dice index that a sensitivity allows.

    .. math:: D = \frac{2\,TP}{2\,TP + FP + FN} \le \frac{2\,TP}{2\,TP + FN} = \frac{2 s}{1 + s}, \qquad
              s = \frac{TP}{TP + FN}

    with equality where no pixel is false positive. It holds for means over cases as well: the bound bends downwards,
    :math:`\frac{d^2}{d s^2} \frac{2 s}{1 + s} = -\frac{4}{(1 + s)^3} < 0`, so that by Jensen's inequality the mean of
    the bounds is at most the bound of the mean.

    >>> round(highest_dice(0.975), 4)
    0.9873
    """
    return 2 * sensitivity / (1 + sensitivity)


class PossibleRow(NamedTuple):
    """A row of Table III: what its rounded sensitivity allows at most, and whether its rounded Dice can be."""

    arm: str
    dice: float
    sensitivity: float
    highest: float
    possible: bool
    exchanged_possible: bool


def possible_rows() -> list[PossibleRow]:
    """Every row of Table III against the bound, with the rounding of both cells in its favour; and both exchanged."""
    cells = load_published("log_cosh_dice").pivot(index="arm", columns="metric", values="value")
    arms = load_published("log_cosh_dice")["arm"].drop_duplicates()
    return [
        PossibleRow(
            arm,
            dice := float(cells["dice"][arm]),
            sensitivity := float(cells["sensitivity"][arm]),
            highest_dice(sensitivity + ROUNDING),
            is_possible(dice, sensitivity),
            is_possible(sensitivity, dice),
        )
        for arm in arms
    ]


def is_possible(dice: float, sensitivity: float) -> bool:
    """Can some prediction have both, each rounded to three decimals?

    >>> is_possible(dice=0.989, sensitivity=0.975), is_possible(dice=0.975, sensitivity=0.989)
    (False, True)
    """
    return dice - ROUNDING <= highest_dice(sensitivity + ROUNDING)


def dice_and_log_cosh(probs: Array, target: Array) -> tuple[Array, Array]:
    """Eq. 8 and eq. 32 of predictions (N, pixels) of one mask."""
    dice = 1 - (2 * probs @ target + 1) / (probs.sum(axis=-1) + target.sum() + 1)
    return dice, np.log(np.cosh(dice))


@cache
def convexity_violations(pairs: int = PAIRS, pixels: int = PIXELS, seed: int = 0) -> tuple[float, float, int]:
    """Share of pairs of predictions between which the loss bulges upwards: above the mean of its ends, at the middle.

    A convex function has none. Each pair has a random mask and two predictions whose probabilities are uniform.

    Returns:
        Of the Dice loss, of log-cosh Dice, and the number of pairs.
    """
    rng, found = np.random.default_rng(seed), np.zeros(2, dtype=int)
    for _ in range(pairs):
        target = (np.arange(pixels) < rng.integers(1, pixels)).astype(float)
        ends = rng.random((2, pixels))
        losses = np.array(dice_and_log_cosh(np.vstack([ends, ends.mean(axis=0)]), target))
        found += losses[:, 2] > losses[:, :2].mean(axis=1) + 1e-12
    return float(found[0] / pairs), float(found[1] / pairs), pairs


@cache
def steepest_slope(pixels: int) -> float:
    """Bound of the slope of eq. 8 in one probability, for every prediction of every mask with a true pixel.

    The slope is -(2 g (P + G + 1) - (2 I + 1)) / (P + G + 1)^2, at most 2 / (P + G + 1) in size, so at most 1 where
    there is a true pixel: bounded without any help, and the more so the larger the mask. Here it is taken over
    predictions of masks of every size.
    """
    rng, steepest = np.random.default_rng(0), 0.0
    for true in range(1, pixels + 1):
        target = (np.arange(pixels) < true).astype(float)
        probs = np.vstack([rng.random((200, pixels)), np.zeros(pixels), target])
        size = probs.sum(axis=1, keepdims=True) + true + 1
        slopes = -(2 * target * size - (2 * (probs @ target)[:, None] + 1)) / size**2
        steepest = max(steepest, float(np.abs(slopes).max()))
    return steepest


def log_cosh_of_dice() -> Computed:
    """Section II.O: does the log-cosh mend the Dice loss's lack of convexity, and is its finite derivative a gain?"""
    of_dice, of_log_cosh, pairs = convexity_violations()
    left, steepest = float(np.tanh(1 - NEAR)), steepest_slope(PIXELS)
    return Computed(
        ours=f"of {pairs:,} pairs of predictions {of_dice:.1%} bulge under Dice and {of_log_cosh:.1%} under log-cosh "
        f"Dice; at a Dice index of {NEAR} its push is {left:.1%} of that of Dice, whose slopes are at most "
        f"{steepest:.2f} anywhere",
        published="tractable, with a continuous and finite derivative",
        verdict=CONTRADICTED if of_log_cosh > 0 else SUPPORTED,
        reason="for log-cosh leaves fewer bulges and does not remove them, and the derivative was finite before; for "
        "one image the direction of the gradient is that of Dice, and only its length changes (errata S15)",
    )


SURVEY_ARITHMETIC: dict[str, Callable[[], Computed]] = {"log_cosh_of_dice": log_cosh_of_dice}
