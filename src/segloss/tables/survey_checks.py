"""Checks of what the survey prints."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from segloss.published import load_published, published_facts
from segloss.tables.check import CONTRADICTS, DEPENDS, Check, outcome_of
from segloss.verdicts.survey_arithmetic import possible_rows
from segloss.verdicts.words import arm_words


def survey_checks() -> Iterator[Check]:
    """Table III against the arithmetic of its columns and against the text; numbers of losses and slices."""
    facts = published_facts("log_cosh_dice").set_index("fact")["value"]
    cells = load_published("log_cosh_dice").pivot(index="arm", columns="metric", values="value")
    for row in possible_rows():
        if not row.possible:
            exchanged = "possible" if row.exchanged_possible else "impossible as well"
            yield Check(
                "log_cosh_dice",
                "Table III",
                f"{arm_words(row.arm)}: Dice {row.dice:.3f} and sensitivity {row.sensitivity:.3f}",
                f"this sensitivity allows a Dice of {row.highest:.4f} at most; with both cells exchanged: {exchanged}",
                CONTRADICTS,
                "S21",
            )
    possible = sum(row.possible for row in possible_rows())
    low, high = implied_shares(cells)
    apart = low.max() > high.min()
    yield Check(
        "log_cosh_dice",
        "Table III",
        "the same slices for all nine losses",
        f"of the {possible} possible rows the three cells imply a share of brain, if counts are pooled: "
        f"{100 * low.max():.1f} % or more for {arm_words(low.idxmax())}, "
        f"{100 * high.min():.1f} % or less for {arm_words(high.idxmin())}",
        outcome_of(not apart, DEPENDS),
    )
    dice, best = cells["dice"], str(cells["dice"].idxmax())
    yield Check(
        "log_cosh_dice",
        "section III against Table III",
        f"best: {arm_words('focal_tversky')} with {facts['best_dice_of_the_text']:g}; "
        f"{arm_words('log_cosh_dice')} {facts['log_cosh_dice_of_the_text']:g}",
        f"best: {arm_words(best)} with {dice[best]:.3f}; {arm_words('focal_tversky')} {dice['focal_tversky']:.3f}",
        outcome_of(best == "focal_tversky"),
        "S16",
    )
    ranks = dice.rank(ascending=False)
    yield Check(
        "log_cosh_dice",
        "section III and Table III",
        "Tversky and focal Tversky are generally the best",
        f"by Dice they have the ranks {ranks['tversky']:g} and {ranks['focal_tversky']:g} of {len(ranks)}",
        outcome_of(set(ranks.nsmallest(2).index) == {"tversky", "focal_tversky"}),
        "S22",
    )
    yield Check(
        "log_cosh_dice",
        "section IV and Table III",
        "losses with a focus are better on very unequal classes",
        f"by Dice focal has the rank {ranks['focal']:g} of {len(ranks)}, on one set",
        outcome_of(ranks["focal"] < ranks["cross_entropy"]),
        "S22",
    )
    slices = facts["scans"] * facts["slices_of_a_scan"]
    yield Check(
        "log_cosh_dice",
        "section III",
        f"{facts['annotated_examples']:g} annotated examples of {facts['scans']:g} scans",
        f"{facts['scans']:g} × {facts['slices_of_a_scan']:g} = {slices:g} slices",
        outcome_of(slices == facts["annotated_examples"]),
        "S17",
    )
    intro, listed = facts["losses_in_the_introduction"], facts["losses_in_table_1"]
    sums = f"Table I lists {listed:g}, Table II {facts['losses_in_table_2']:g}"
    yield Check("log_cosh_dice", "introduction", f"{intro:g} losses", sums, outcome_of(intro == listed), "S1")


def implied_shares(cells: pd.DataFrame, rounding: float = 0.0005) -> tuple[pd.Series, pd.Series]:
    r"""The share of foreground that Dice D, sensitivity s and specificity c of pooled counts imply, with rounding.

    Of a share :math:`\pi` there are :math:`FP = (1 - c)(1 - \pi)` and :math:`D = 2 s \pi / (s \pi + \pi + FP)`, so that

    .. math:: \pi = \frac{1 - c}{(1 - c) + 2 s / D - s - 1}

    It grows with D and with 1 - c, and falls with s.

    Args:
        cells: Columns dice, sensitivity and specificity, a row per loss.
        rounding: Half the last digit of each.

    Returns:
        Smallest and largest share of each loss; rows that are impossible, or have no false positive, are left out.
    """

    def share(sign: int) -> pd.Series:
        wrong = 1 - cells["specificity"] + sign * rounding
        dice, sensitivity = cells["dice"] + sign * rounding, cells["sensitivity"] - sign * rounding
        rest = 2 * sensitivity / dice - sensitivity - 1
        return (wrong / (wrong + rest)).where(rest > 0)

    both = pd.DataFrame({"low": share(-1), "high": share(1)}).replace([np.inf, -np.inf], np.nan)
    both = both[both["low"].notna()].fillna({"high": 1.0})
    return both["low"], both["high"]
