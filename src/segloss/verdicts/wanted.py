"""Which comparisons a claim asks for, on the data sets that are there."""

from collections.abc import Iterator
from typing import Any

from segloss.published import load_rules
from segloss.statistics import POOLED, Results


def wanted_pairs(claim: dict[str, Any], results: Results) -> list[tuple[dict[str, Any], str]]:
    """Pairs of comparison and data set; where none of a claim's sets has enough patients, the first of ``instead``.

    A comparison with ``each_class: true`` is made for every class of the data set apart, and then names its ``class``.
    """
    pairs = []
    for comparison in claim["comparisons"]:
        datasets = list(comparison["datasets"])
        if not any(enough_patients(results, dataset) for dataset in datasets):
            datasets = [d for d in claim.get("instead", []) if d in results.present][:1] or datasets
        pairs += [(part, dataset) for dataset in datasets for part in _parts(comparison, dataset, results)]
        # One set alone is its own pool.
        if comparison.get("pooled") and len(set(datasets) & set(results.present)) > 1:
            pairs.append((comparison, POOLED))
    return pairs


def enough_patients(results: Results, dataset: str) -> bool:
    """Whether as many patients of a data set were tested as the rules ask for."""
    cases = results.metrics.loc[results.metrics["dataset"] == dataset, "case"].unique()
    subject_of = results.provenance.get(dataset, {}).get("subjects") or {}
    return len({subject_of.get(case, case) for case in cases}) >= load_rules()["fewest_patients"]


def _parts(comparison: dict[str, Any], dataset: str, results: Results) -> Iterator[dict[str, Any]]:
    """The comparison itself, or one for each class that was measured."""
    of_arm = (results.metrics["dataset"] == dataset) & (results.metrics["arm"] == comparison["arm"])
    classes = list(dict.fromkeys(results.metrics.loc[of_arm, "class"])) if comparison.get("each_class") else []
    yield from ({**comparison, "class": name} for name in classes) if classes else [comparison]
