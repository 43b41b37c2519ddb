"""What a test from printed numbers makes of the published differences, by the rules of ``published/record.yaml``."""

import math
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pandas as pd
from scipy import stats

from segloss.published import load_record
from segloss.statistics.power import cases_to_see
from segloss.statistics.published_differences import KEYS, published_differences
from segloss.statistics.resampling import holm

INDEPENDENT = "independent"
SURVIVES, DEPENDS, FAILS = "survives", "depends", "does not survive"
NOT_BETTER, NOT_RECOMPUTABLE = "not better as printed", "cannot be recomputed"


class Summary(NamedTuple):
    """A mean with its standard deviation, and half the last printed digit of each."""

    mean: float
    sd: float
    rounding: float = 0.0
    sd_rounding: float = 0.0


def difference_test(
    first: Summary, second: Summary, cases: int, correlation: float | None, confidence: float = 0.95
) -> tuple[float, float, float]:
    r"""A t-test from means, standard deviations and the number of cases, with its interval.

    Paired, the differences have the variance :math:`s_1^2 + s_2^2 - 2 \rho s_1 s_2` and n - 1 degrees of freedom;
    independent samples are compared by Welch's test.

    Args:
        first: Of one loss.
        second: Of the other.
        cases: Of each.
        correlation: Of the two over the cases, in [-1, 1]; None for independent samples.
        confidence: Level of the interval, in (0, 1).

    Returns:
        Lower and upper end of the interval of the difference of the means, and two-sided p; without any spread there
        is no test, p is NaN and both ends are the difference.

    >>> a, b = Summary(0.84, 0.05), Summary(0.80, 0.05)
    >>> [round(difference_test(a, b, 30, pairing)[2], 4) for pairing in (None, 0.0, 0.5, 0.9)]
    [0.003, 0.0043, 0.0001, 0.0]
    """
    difference, variances = first.mean - second.mean, (first.sd**2, second.sd**2)
    if correlation is None:
        error, degrees = math.sqrt(sum(variances) / cases), cases - 1.0
        if sum(variances):
            degrees *= sum(variances) ** 2 / (variances[0] ** 2 + variances[1] ** 2)
    else:
        spread = paired_spread(first.sd, second.sd, correlation)
        error, degrees = spread / math.sqrt(cases), cases - 1.0
    if error == 0:
        return difference, difference, math.nan
    half = float(stats.t.ppf((1 + confidence) / 2, degrees)) * error
    return difference - half, difference + half, float(2 * stats.t.sf(abs(difference) / error, degrees))


def paired_spread(first_sd: float, second_sd: float, correlation: float) -> float:
    """Standard deviation of the differences of two correlated values.

    >>> round(paired_spread(0.03, 0.04, 0.0), 3), round(paired_spread(0.05, 0.05, 0.9), 4)
    (0.05, 0.0224)
    """
    return math.sqrt(max(0.0, first_sd**2 + second_sd**2 - 2 * correlation * first_sd * second_sd))


def least_favourable_p(first: Summary, second: Summary, cases: int, correlation: float | None) -> float:
    """The largest p of :func:`difference_test` over all numbers that round to the printed ones."""
    gap = max(0.0, abs(first.mean - second.mean) - first.rounding - second.rounding)
    spreads = product(*((max(0.0, each.sd - each.sd_rounding), each.sd + each.sd_rounding) for each in (first, second)))
    tests = [difference_test(Summary(gap, a), Summary(0.0, b), cases, correlation)[2] for a, b in spreads]
    return max((p for p in tests if not math.isnan(p)), default=math.nan)


def recompute_differences() -> pd.DataFrame:
    """Every difference that can be recomputed, over each unit of its table and with each pairing.

    Returns:
        The columns of :func:`published_differences`, unit, cases, pairing ("independent" or "ρ = 0.5"), correlation
        (NaN: independent), low, high, paired_sd (of the differences), p, p_rounded (by the least favourable rounding),
        both corrected as p_holm and p_rounded_holm, needed (cases with which a replication sees the difference; NaN
        where it is not in the claimed direction).
    """
    return _recomputed().copy()


@cache
def _recomputed() -> pd.DataFrame:
    rules, units = load_record()["rules"], {(t["paper"], t["table"]): t["units"] for t in load_record()["tables"]}
    possible = published_differences().query("reason == ''")
    rows = [
        row | _tested(row, unit["unit"], _cases(unit, row["n"]), correlation, rules)
        for row in possible.to_dict("records")
        for unit in units[row["paper"], row["table"]]
        for correlation in (None, *rules["correlations"])
    ]
    frame = pd.DataFrame(rows)
    for name in ("p", "p_rounded"):
        family = frame.groupby([*KEYS[:2], "unit", "pairing"], sort=False)
        frame[f"{name}_holm"] = family[name].transform(lambda p: holm(p.to_list()))
    return frame


def survivals() -> pd.DataFrame:
    """A verdict on each published difference, over each unit of its table and over all of them.

    Returns:
        The columns of :func:`published_differences`, unit and cases (None and NaN where no test is possible), p_low and
        p_high (of the corrected p over the pairings), over_unit (the verdict over this unit), verdict (over all units),
        after_rounding (the same by the least favourable rounding).
    """
    level = load_record()["rules"]["level"]
    tests = recompute_differences()
    units = tests.groupby([*KEYS, "unit", "cases"], sort=False).agg(
        p_low=("p_holm", "min"),
        p_high=("p_holm", "max"),
        rounded_low=("p_rounded_holm", "min"),
        rounded_high=("p_rounded_holm", "max"),
    )
    frame = published_differences().merge(units.reset_index(), on=KEYS, how="left")
    ends = frame.groupby(KEYS, sort=False)[["p_low", "p_high", "rounded_low", "rounded_high"]]
    low, high = ends.transform("min"), ends.transform("max")

    def judged(smallest: pd.Series, largest: pd.Series) -> list[str]:
        return [_verdict(*each, level) for each in zip(frame["gain"], smallest, largest, strict=True)]

    return frame.assign(
        over_unit=judged(frame["p_low"], frame["p_high"]),
        verdict=judged(low["p_low"], high["p_high"]),
        after_rounding=judged(low["rounded_low"], high["rounded_high"]),
    ).drop(columns=["rounded_low", "rounded_high"])


def _verdict(gain: float, smallest_p: float, largest_p: float, level: float) -> str:
    if gain <= 0:
        return NOT_BETTER
    if math.isnan(largest_p):
        return NOT_RECOMPUTABLE
    return SURVIVES if largest_p < level else DEPENDS if smallest_p < level else FAILS


def _cases(unit: dict[str, Any], cases_of_the_set: int) -> int:
    return int(unit["cases"]) if "cases" in unit else int(cases_of_the_set) // int(unit["one_in"])


def _tested(
    row: dict[str, Any], unit: str, cases: int, correlation: float | None, rules: dict[str, Any]
) -> dict[str, Any]:
    # Of an interval over the unit the half-width is printed.
    half = (
        stats.t.ppf((1 + rules["interval"]) / 2, cases - 1) / math.sqrt(cases) if row["spread_is"] == "interval" else 1
    )
    first, second = (
        Summary(row[f"{side}value"], row[f"{side}spread"] / half, row[f"{side}rounding"], row[f"{side}rounding"] / half)
        for side in ("", "baseline_")
    )
    low, high, p = difference_test(first, second, cases, correlation, rules["interval"])
    # Of independent samples, as many in each of the two as there would be pairs with correlation 0.
    spread = paired_spread(first.sd, second.sd, correlation or 0.0)
    better = row["gain"] > 0 and spread > 0
    return {
        "unit": unit,
        "cases": cases,
        "pairing": INDEPENDENT if correlation is None else f"ρ = {correlation:g}",
        "correlation": math.nan if correlation is None else correlation,
        "low": low,
        "high": high,
        "paired_sd": spread,
        "p": p,
        "p_rounded": least_favourable_p(first, second, cases, correlation),
        "needed": cases_to_see(row["gain"], spread, rules["power"], rules["level"]) if better else math.nan,
    }
