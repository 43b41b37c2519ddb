"""Claims that need no data: each is computed, and its verdict follows from the numbers."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segloss.published import published_facts
from segloss.verdicts.rules import CONTRADICTED, INCONCLUSIVE, SUPPORTED

Array = NDArray[np.float64]


class Computed(NamedTuple):
    """What came out, what the paper prints, the verdict and why."""

    ours: str
    published: str
    verdict: str
    reason: str


def padding_gap(tp: int, fp: int, fn: int, tn: int) -> Fraction:
    """Dice minus Kappa of an agreement table, exact.

    >>> padding_gap(tp=60, fp=10, fn=20, tn=110)
    Fraction(28, 235)
    """
    dice = Fraction(2 * tp, 2 * tp + fp + fn)
    kappa = Fraction(2 * (tp * tn - fp * fn), (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))
    return dice - kappa


def padding_limit() -> Computed:
    """Eq. 2: add true negatives to one agreement table and watch Kappa approach Dice."""
    gaps = {tn: padding_gap(60, 10, 20, tn) for tn in (10**2, 10**4, 10**6, 10**8)}
    from_below = all(gap > 0 for gap in gaps.values())
    # Ten thousand times the true negatives, a ten-thousandth of the gap: it vanishes as 1 / TN.
    vanishes = abs(gaps[10**4] / gaps[10**8] / 10**4 - 1) < Fraction(5, 100)
    shown = ", ".join(f"{float(gap):.2g} at {tn:,}" for tn, gap in gaps.items())
    return Computed(
        ours=f"Dice − Kappa: {shown} true negatives",
        published="limit 2a / (2a + b + c)",
        verdict=SUPPORTED if from_below and vanishes else CONTRADICTED,
        reason="Kappa approaches Dice from below, the gap shrinks as one over the true negatives (errata K6)",
    )


def kappa_loss_of_eq_1(probs: Array, target: Array) -> float:
    """1 - eq. 1 with the soft counts of eq. 3."""
    tp, fp, fn = (probs * target).sum(), (probs * (1 - target)).sum(), ((1 - probs) * target).sum()
    tn = probs.size - tp - fp - fn
    return 1 - 2 * (tp * tn - fp * fn) / ((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def numeric_gradient(loss: Callable[[Array, Array], float], probs: Array, target: Array, step: float = 1e-6) -> Array:
    """Central differences of a loss in every probability."""
    moves = step * np.eye(probs.size)
    return np.array([(loss(probs + move, target) - loss(probs - move, target)) / (2 * step) for move in moves])


def printed_equations() -> Computed:
    """Eq. 4 and 5 as printed against eq. 1, on 100 pixels of which 30 are foreground."""
    import torch

    from segloss.losses.as_published import kappa_equation_4, kappa_equation_5_gradient

    target = (np.arange(100) < 30).astype(float)
    probs = np.random.default_rng(0).uniform(0.05, 0.95, 100)
    given = torch.from_numpy(probs), torch.from_numpy(target)
    loss_error = abs(kappa_equation_4(*given).item() - kappa_loss_of_eq_1(probs, target))
    right = numeric_gradient(kappa_loss_of_eq_1, probs, target)
    gradient_error = np.abs(kappa_equation_5_gradient(*given).numpy() - right).max() / np.abs(right).max()
    perfect = kappa_equation_4(given[1], given[1]).item()
    agrees = loss_error < 1e-6 and gradient_error < 1e-6
    return Computed(
        ours=f"printed loss off by {loss_error:.3f}; {perfect:.3f} instead of 0 at a perfect match; "
        f"printed gradient off by {100 * gradient_error:.0f} % of the largest component",
        published="eq. 4 and 5",
        verdict=SUPPORTED if agrees else CONTRADICTED,
        reason="eq. 4 lost a parenthesis and has a wrong product, eq. 5 four slips (errata K4, K5); eq. 1 is right",
    )


@cache
def parameter_counts() -> Computed:
    """The U-Net's trained parameters, in every variant that the text leaves open, against the two printed numbers."""
    import torch

    from segloss.networks import build_network, count_parameters

    def counted(filters: int, channels: int, batch_norm: bool, head: int | None) -> int:
        with torch.device("meta"):
            network = build_network(
                "unet2d",
                in_channels=channels,
                out_channels=1,
                filters=filters,
                batch_norm=batch_norm,
                head_filters=head,
            )
        return count_parameters(network)

    facts = published_facts("kappa").set_index("fact")["value"]
    printed = {filters: int(facts[f"parameters_{filters}_filters"]) for filters in (64, 16)}
    variants = [(channels, norm, head) for channels in (1, 3) for norm in (False, True) for head in (2, None)]
    counts = {filters: {counted(filters, *variant) for variant in variants} for filters in (64, 16)}
    found = [printed[filters] in counts[filters] for filters in (64, 16)]
    return Computed(
        ours=f"{counted(64, 1, False, 2):,} with 64 filters; with 16, {min(counts[16]):,} to {max(counts[16]):,}",
        published=f"{printed[64]:,} and {printed[16]:,}",
        verdict=SUPPORTED if all(found) else INCONCLUSIVE if any(found) else CONTRADICTED,
        reason="the first number is that of one input channel, a 2-filter head and no batch norm, though the images "
        f"have colours; none of the {len(variants)} variants gives the second, whose batch norm is not described "
        "(errata K12)",
    )


ARITHMETIC: dict[str, Callable[[], Computed]] = {
    "padding_limit": padding_limit,
    "printed_equations": printed_equations,
    "parameter_counts": parameter_counts,
}
