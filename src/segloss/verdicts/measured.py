"""What is measured of one comparison."""

import math
from dataclasses import dataclass, replace
from typing import Any

from segloss.statistics import Results


@dataclass(frozen=True)
class Measured:
    """A difference between arm and baseline with its interval.

    ``n`` counts cases, folds where curves of training are measured, or shares of the sweep; ``undefined`` the cases
    that have no difference, such as a distance to an empty prediction; ``quantity`` is named where it is not the metric
    itself; ``corrected`` says that p is corrected already.
    """

    difference: float
    low: float
    high: float
    n: int
    p: float = math.nan
    baseline_mean: float = math.nan
    quantity: str | None = None
    undefined: int = 0
    corrected: bool = False


def of_class(results: Results, comparison: dict[str, Any]) -> Results:
    """The results of the comparison's ``class`` alone; all of them where it names none."""
    if "class" not in comparison:
        return results
    return replace(results, metrics=results.metrics[results.metrics["class"] == comparison["class"]])
