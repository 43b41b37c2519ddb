r"""The Bayesian signed-rank test: how probable is it that one method is better, the other is, or neither by much?

Let :math:`z_1, ..., z_n` be paired differences, and :math:`z_0 = 0` a pseudo-difference of the prior, of strength s.
Under a Dirichlet process the weights of the differences are unknown, with the posterior

.. math:: (w_0, w_1, ..., w_n) \sim \mathrm{Dirichlet}(s, 1, ..., 1).

Differences in a region of practical equivalence (ROPE), from -r to r, mean nothing to a user. As the signed-rank test
looks at the means of pairs, the shares that are worse, equivalent and better are

.. math:: \theta_- = \sum_{ij} w_i w_j [z_i + z_j < -2r], \quad
          \theta_+ = \sum_{ij} w_i w_j [z_i + z_j > 2r], \quad \theta_0 = 1 - \theta_- - \theta_+.

The probability that a method is better is that of :math:`\theta_+` being the largest of the three. So "no difference"
can be said, which no p-value can.

Reference:
    Benavoli, Corani, Demšar and Zaffalon (2017), Time for a change: a tutorial for comparing multiple classifiers
    through Bayesian analysis, JMLR 18, section 4.2.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
DECISIONS = ("better", "equivalent", "worse", "undecided")
_AT_ONCE = 5000


@dataclass(frozen=True)
class Equivalence:
    """Posterior probabilities; they sum to 1."""

    better: float
    equivalent: float
    worse: float

    def decision(self, posterior: float = 0.95) -> str:
        """The outcome whose probability is above ``posterior``, else "undecided"."""
        named = {"better": self.better, "equivalent": self.equivalent, "worse": self.worse}
        return next((name for name, share in named.items() if share > posterior), "undecided")


def signed_rank_posterior(
    differences: ArrayLike, rope: float, *, prior: float = 0.5, draws: int = 20000, seed: int = 0
) -> Equivalence:
    """Probabilities that the paired differences are above, within or below the region of practical equivalence.

    Args:
        differences: One per data set, or per case; NaN without any.
        rope: Half the width of the region, at least 0, in the unit of the differences.
        prior: Strength s of the pseudo-difference 0, above 0.
        draws: From the posterior.
        seed: Of the draws.

    Raises:
        ValueError: If ``rope`` is below 0 or ``prior`` is not above 0.
    """
    if rope < 0 or prior <= 0:
        raise ValueError(f"rope is {rope} and prior {prior}, expected rope >= 0 and prior > 0.")
    z = np.asarray(differences, dtype=float)
    if not len(z):
        return Equivalence(np.nan, np.nan, np.nan)
    z = np.concatenate([[0.0], z])
    weights = np.random.default_rng(seed).dirichlet([prior, *np.ones(len(z) - 1)], size=draws)
    thetas = posterior_shares(weights, z, rope)
    first = np.bincount(thetas.argmax(axis=1), minlength=3) / draws
    worse, equivalent, better = map(float, first)
    return Equivalence(better, equivalent, worse)


def posterior_shares(weights: Array, differences: Array, rope: float) -> Array:
    r"""The shares :math:`\theta_-, \theta_0, \theta_+` (draws, 3) under each draw of weights (draws, n)."""
    sums = differences[:, None] + differences[None, :]
    below, above = (sums < -2 * rope).astype(float), (sums > 2 * rope).astype(float)
    parts = []
    for start in range(0, len(weights), _AT_ONCE):
        w = weights[start : start + _AT_ONCE]
        worse, better = (((w @ pairs) * w).sum(axis=1) for pairs in (below, above))
        parts.append(np.stack([worse, 1 - worse - better, better], axis=1))
    return np.concatenate(parts)


def equivalence_matrix(
    values: pd.DataFrame, rope: float, *, prior: float = 0.5, posterior: float = 0.95, draws: int = 20000, seed: int = 0
) -> pd.DataFrame:
    """Every method against every one before it.

    Args:
        values: Methods by data sets, in the order of the matrix.
        rope, prior, draws, seed: As of :func:`signed_rank_posterior`.
        posterior: Probability from which a decision is made.

    Returns:
        row, column, blocks, difference (mean of row minus column), better, equivalent, worse (of the row), decision.
    """
    rows = []
    for column, row in combinations(values.index, 2):
        differences = (values.loc[row] - values.loc[column]).dropna()
        found = signed_rank_posterior(differences, rope, prior=prior, draws=draws, seed=seed)
        shares = (found.better, found.equivalent, found.worse)
        rows.append((row, column, len(differences), differences.mean(), *shares, found.decision(posterior)))
    return pd.DataFrame(rows, columns=["row", "column", "blocks", "difference", *DECISIONS[:3], "decision"])
