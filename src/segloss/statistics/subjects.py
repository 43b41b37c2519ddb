"""Cases of one subject, such as a heart in two phases, are not independent: they count once."""

import pandas as pd

from segloss.statistics.results import Results


def over_subjects(values: pd.DataFrame, results: Results, dataset: str) -> pd.DataFrame:
    """Mean of each subject over its cases that have a value; index subject.

    Args:
        values: Index case, as :func:`segloss.statistics.case_values` gives them.
        results: Whose provenance may name the ``subjects``, from case to subject, where they are not the cases.
        dataset: Which data set.
    """
    subjects = results.provenance.get(dataset, {}).get("subjects")
    return values if not subjects else values.groupby(values.index.map(subjects)).mean()
