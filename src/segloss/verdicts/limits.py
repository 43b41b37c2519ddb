"""What keeps a comparison from deciding, whatever its interval says."""

from typing import Any

from segloss.published import load_rules
from segloss.statistics import TRIVIAL_ARMS, Results, any_still_falling, case_values, over_subjects
from segloss.verdicts.measured import Measured
from segloss.verdicts.rules import INCONCLUSIVE, NOT_TESTABLE
from segloss.verdicts.sweep_limits import SWEEP_LIMITS, sweep_limit
from segloss.verdicts.sweep_results import SweepResults

PHANTOMS_ONLY = "needs real data: phantoms only show a direction"
NOT_TRAINED = "networks were not above the trivial answers"
TOO_FEW = "fewer than six patients"
STILL_FALLING = "the loss was still falling"
LIMITS = {PHANTOMS_ONLY: NOT_TESTABLE, NOT_TRAINED: NOT_TESTABLE, TOO_FEW: INCONCLUSIVE, STILL_FALLING: INCONCLUSIVE}
LIMITS |= SWEEP_LIMITS

# Measured per patient, where the others measure curves of folds or look at every run apart.
_PER_PATIENT = (
    *("paired", "slope", "size_correlation", "difference_of_differences", "ranking", "largest_gap"),
    *("slope_on_log_share", "trend", "best_everywhere", "ranking_or_tie", "rank_lead"),
    *("paired_in_family", "precision_over_recall", "balance_ranking", "spread", "size"),
    "size_of_families",
)


def limit_of(
    claim: dict[str, Any], results: Results, dataset: str, kind: str, comparison: dict[str, Any], measured: Measured
) -> str:
    """Why a comparison cannot decide: a key of :data:`LIMITS`, or "" where it can.

    Args:
        claim: As ``claims.yaml`` has it.
        results: Measured values.
        dataset: Where the arms were compared.
        kind: What its data are, as :meth:`segloss.statistics.Results.kind` says.
        comparison: One of the claim's.
        measured: What was found.
    """
    if kind == "phantom" and "M" not in claim["kind"]:
        return PHANTOMS_ONLY
    if kind == "phantom" and not above_trivial_answers(results, dataset, comparison):
        return NOT_TRAINED
    decided_by = comparison.get("decided_by", claim["decided_by"])
    if decided_by == "collapse" and any_still_falling(results.history, dataset, comparison["arm"]):
        return STILL_FALLING
    if isinstance(results, SweepResults) and (limit := sweep_limit(results, dataset, comparison, decided_by, measured)):
        return limit
    patients = _patients(decided_by, results, dataset, comparison, measured)
    return TOO_FEW if patients is not None and patients < load_rules()["fewest_patients"] else ""


def above_trivial_answers(results: Results, dataset: str, comparison: dict[str, Any]) -> bool:
    """Is every trained arm better in mean Dice than the best trivial answer, over the cases in which all have one?

    True as well where nothing can be asked: no trivial answer was measured, or the comparison is with one of them. A
    data set of the robustness sweep is asked about where its losses had to learn, its ``learned_on``.
    """
    dataset = results.provenance.get(dataset, {}).get("learned_on", dataset)
    named = [comparison["arm"], *comparison.get("others", [comparison["baseline"]])]
    arms = {arm for names in named for arm in names.split(" - ")}
    if dataset not in results.present or arms & set(TRIVIAL_ARMS):
        return True
    values = case_values(results.metrics, dataset, "dice")
    trained, trivial = ([arm for arm in values if arm in wanted] for wanted in (arms, TRIVIAL_ARMS))
    means = over_subjects(values[trained + trivial].dropna(), results, dataset).mean()
    return not (trained and trivial) or bool(means[trained].min() > means[trivial].max())


def _patients(
    decided_by: str, results: Results, dataset: str, comparison: dict[str, Any], measured: Measured
) -> int | None:
    """How many carry the comparison; None where patients are not its unit."""
    if decided_by in ("choice", "difference_of_gains"):
        # Single patients of the validation part have no values, but it is the smaller part; and of two data sets, the
        # one with fewer patients counts.
        sets, arm = (dataset, comparison.get("against", dataset)), comparison["arm"]
        tables = [over_subjects(case_values(results.metrics, name, "dice"), results, name) for name in sets]
        return min(int(table[arm].count()) for table in tables)
    return measured.n if decided_by in _PER_PATIENT else None
