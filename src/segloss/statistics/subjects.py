"""Cases of one subject, such as a heart in two phases, are not independent: they count once."""

import math

import pandas as pd

from segloss.statistics.per_slice import PER_SLICE, slice_counts
from segloss.statistics.results import Results, case_values


def over_subjects(values: pd.DataFrame, results: Results, dataset: str) -> pd.DataFrame:
    """Mean of each subject over its cases that have a value; index subject.

    Args:
        values: Index case, as :func:`segloss.statistics.case_values` gives them.
        results: Whose provenance may name the ``subjects``, from case to subject, where they are not the cases.
        dataset: Which data set.
    """
    subjects = results.provenance.get(dataset, {}).get("subjects")
    return values if not subjects else values.groupby(values.index.map(subjects)).mean()


def clustered_error(values: pd.Series) -> float:
    """Standard error of the mean of values of which several may be of one subject; NaN with fewer than two subjects.

    Args:
        values: Their index has the level ``subject``.
    """
    sums = (values - values.mean()).groupby(level="subject").sum()
    subjects = len(sums)
    return math.sqrt(subjects / (subjects - 1) * (sums**2).sum()) / len(values) if subjects > 1 else math.nan


def subject_values(results: Results, dataset: str, metric: str) -> tuple[pd.DataFrame, pd.Series | None]:
    """One metric by subject and arm, and what each subject weighs in a mean.

    Of a mean over slices (:mod:`segloss.statistics.per_slice`) a subject weighs as many as it has slices, and its value
    is the mean over the slices of all its scans; other metrics have no weights.

    Args:
        results: Measured values, whose provenance may name the ``subjects``.
        dataset: Which data set.
        metric: Which metric.

    Raises:
        InputError: If the number of slices of a scan is needed and not known.
    """
    values = case_values(results.metrics, dataset, metric)
    if metric not in PER_SLICE or values.empty:
        return over_subjects(values, results, dataset), None
    slices = slice_counts(results.metrics, dataset, values.index)
    # An arm may lack a scan: its mean is over the slices that it has.
    counted = values.where(values.isna(), slices, axis=0)
    means = over_subjects(values.mul(slices, axis=0), results, dataset) / over_subjects(counted, results, dataset)
    subjects = results.provenance.get(dataset, {}).get("subjects")
    return means, slices.groupby(slices.index.map(subjects) if subjects else slices.index).sum()
