"""Equal thirds for three-fold cross-validation."""

from collections.abc import Sequence

import numpy as np


def thirds(subjects: Sequence[str], seed: int = 0) -> list[int]:
    """Third (0, 1 or 2) of each case; all cases of one subject share it.

    The thirds differ by at most one subject. Which subject goes where depends only on the set of
    subjects and the seed, not on their order.
    """
    unique = sorted(set(subjects))
    order = np.random.default_rng(seed).permutation(len(unique))
    third = {unique[subject]: place % 3 for place, subject in enumerate(order)}
    return [third[subject] for subject in subjects]


def evenly_spread(count: int, limit: int | None) -> list[int]:
    """Indices of at most ``limit`` of ``count`` items: the middle one of each of ``limit`` equal stretches."""
    if limit is None or count <= limit:
        return list(range(count))
    return [(2 * item + 1) * count // (2 * limit) for item in range(limit)]
