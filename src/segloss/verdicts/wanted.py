"""Which comparisons a claim asks for, on the data sets that are there."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from segloss.published import load_rules
from segloss.statistics import POOLED, Results


class Wanted(NamedTuple):
    """A comparison, the data set on which it is to be made, and the results that hold this set."""

    comparison: dict[str, Any]
    dataset: str
    results: Results


def wanted_pairs(claim: dict[str, Any], results: Results, sweep: Results) -> list[Wanted]:
    """Every comparison on each of its data sets; where none of them has enough patients, on the first of ``instead``.

    A comparison with ``each_class: true`` is made for every class of the data set apart, and then names its ``class``.
    One that names a ``class`` of the paper is not made on a set that stands in for the paper's, which has other
    structures; one with ``on_instead: true`` is made there alone.

    Args:
        claim: As ``claims.yaml`` has it.
        results: Measured values.
        sweep: Those of the robustness sweep, for the comparisons that are ``measured_on: sweep``.
    """
    pairs = []
    for comparison in claim["comparisons"]:
        on_sweep = comparison.get("measured_on", claim.get("measured_on")) == "sweep"
        where = sweep if on_sweep else results
        datasets = _datasets(comparison, [] if on_sweep else claim.get("instead", []), where)
        pairs += [Wanted(part, name, where) for name in datasets for part in _parts(comparison, name, where)]
        # One set alone is its own pool.
        if comparison.get("pooled") and len(set(datasets) & set(where.present)) > 1:
            pairs.append(Wanted(comparison, POOLED, where))
    return pairs


def enough_patients(results: Results, dataset: str) -> bool:
    """Whether as many patients of a data set were tested as the rules ask for."""
    cases = results.metrics.loc[results.metrics["dataset"] == dataset, "case"].unique()
    subject_of = results.provenance.get(dataset, {}).get("subjects") or {}
    return len({subject_of.get(case, case) for case in cases}) >= load_rules()["fewest_patients"]


def _datasets(comparison: dict[str, Any], instead: list[str], results: Results) -> list[str]:
    """The comparison's own data sets, or the one that stands in for them."""
    own = list(comparison["datasets"])
    stand_in = [dataset for dataset in instead if dataset in results.present][:1]
    if not stand_in or any(enough_patients(results, dataset) for dataset in own):
        return [] if comparison.get("on_instead") else own
    return [] if "class" in comparison else stand_in


def _parts(comparison: dict[str, Any], dataset: str, results: Results) -> Iterator[dict[str, Any]]:
    """The comparison itself, or one for each class that was measured."""
    of_arm = (results.metrics["dataset"] == dataset) & (results.metrics["arm"] == comparison["arm"])
    classes = list(dict.fromkeys(results.metrics.loc[of_arm, "class"])) if comparison.get("each_class") else []
    yield from ({**comparison, "class": name} for name in classes) if classes else [comparison]
