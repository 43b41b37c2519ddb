r"""The corrected resampled t-test: for means of folds whose networks share most of their training data.

J folds give the differences :math:`d_1, ..., d_J`. As their training data overlap they are not independent, and the
plain t-test finds differences where there are none. Corrected,

.. math:: t = \bar d \Big/ \sqrt{\left(\frac{1}{J} + \frac{n_{test}}{n_{train}}\right) s_d^2}, \qquad J - 1
          \text{ degrees of freedom},

with :math:`s_d^2` the variance of the differences and n the cases of a fold's parts.

Reference:
    Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52, section 4.2.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def corrected_resampled_p(differences: ArrayLike, test_cases: float, training_cases: float) -> float:
    """Two-sided p that the mean difference over folds is 0; NaN with fewer than two folds or without any spread.

    Args:
        differences: Mean difference of each fold.
        test_cases: Cases that a fold tests on.
        training_cases: Cases that it trains on, above 0.

    Example:
        >>> round(corrected_resampled_p([0.02, 0.03, 0.04], test_cases=10, training_cases=20), 3)
        0.081
    """
    d = np.asarray(differences, dtype=float)
    d = d[np.isfinite(d)]
    spread = d.var(ddof=1) if len(d) > 1 else 0.0
    if not spread:
        return math.nan
    t = d.mean() / math.sqrt((1 / len(d) + test_cases / training_cases) * spread)
    return float(2 * stats.t.sf(abs(t), len(d) - 1))
