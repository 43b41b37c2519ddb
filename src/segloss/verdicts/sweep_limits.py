"""What keeps a comparison of the robustness sweep from deciding: phantoms are many, but trainings are few and short."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from segloss.statistics.sweep import Sweep
from segloss.statistics.sweep_learning import found_nothing, still_rising
from segloss.verdicts.measured import Measured
from segloss.verdicts.measures import MEASURES
from segloss.verdicts.rules import INCONCLUSIVE, margin_of
from segloss.verdicts.sweep_results import SWEEP, SweepResults, as_results, share_key

SEEDS_DISAGREE = "seeds disagree on the sign"
STILL_LEARNING = "a loss was still learning when the training ended"
FOUND_NOTHING = "a loss found nothing in a whole run"
SWEEP_LIMITS = dict.fromkeys((SEEDS_DISAGREE, STILL_LEARNING, FOUND_NOTHING), INCONCLUSIVE)

# Those that hold arms against each other; which of all losses is first at a share is asked of each seed already.
_OF_ARMS = ("paired", "slope_on_log_share", "ranking_or_tie", "trend")


def sweep_limit(
    results: SweepResults, dataset: str, comparison: dict[str, Any], decided_by: str, measured: Measured
) -> str:
    """Why a comparison of the sweep cannot decide: a key of ``SWEEP_LIMITS``, or "" where it can.

    Intervals and p are over phantoms, so that one training that failed can make a difference as sure as three.

    Args:
        results: The sweep as results.
        dataset: One share, or all of them.
        comparison: One of a claim's.
        decided_by: Its measure.
        measured: What was found over all seeds.
    """
    sweep = results.sweep
    if sweep is None or decided_by not in _OF_ARMS:
        return ""
    shares = [share for share in sweep.shares if dataset in (SWEEP, share_key(share))]
    arms = _arms(comparison)
    for reason, found in ((FOUND_NOTHING, found_nothing(sweep)), (STILL_LEARNING, still_rising(sweep))):
        if any(share in found.get(arm, []) for arm in arms for share in shares):
            return reason
    margin = margin_of(measured.quantity or comparison["metric"], measured.baseline_mean)
    of_seeds = _differences_of_seeds(sweep, dataset, comparison, MEASURES[decided_by])
    # What no seed finds larger than the margin, all of them find equal.
    inside = bool(of_seeds) and max(map(abs, of_seeds)) < margin
    return SEEDS_DISAGREE if of_seeds and min(of_seeds) < 0 < max(of_seeds) and not inside else ""


def _arms(comparison: dict[str, Any]) -> list[str]:
    weights = [f"{comparison['arm_of']}_{weight:g}" for weight in comparison.get("weights", [])]
    return [comparison["arm"], comparison["baseline"], *comparison.get("others", []), *weights]


def _differences_of_seeds(
    sweep: Sweep, dataset: str, comparison: dict[str, Any], measure: Callable[..., Measured | None]
) -> list[float]:
    """What the same measure finds on each seed alone; no interval is wanted of them, so that few resamples do."""
    alone = [as_results(replace(sweep, runs=runs)) for _, runs in sweep.runs.groupby("seed")]
    found = [measure(results, dataset, comparison, confidence=0.95, resamples=20, seed=0) for results in alone]
    return [each.difference for each in found if each is not None]
