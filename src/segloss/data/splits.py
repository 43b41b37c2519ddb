"""Groups of subjects, and which group a fold trains on, validates on and tests on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

PARTS = ("test", "validation", "train")


def groups_of(split: Mapping[str, Any]) -> int:
    """How many groups a split has."""
    return split.get("groups", len(PARTS))


def part_of(group: int, fold: int, groups: int) -> str:
    """What fold ``fold`` does with a group: it tests on its own, validates on the next, and trains on the others."""
    return PARTS[min((group - fold) % groups, PARTS.index("train"))]


def grouped(subjects: Sequence[str], published: Sequence[str], split: Mapping[str, Any]) -> list[int]:
    """Group of each case; all cases of one subject share it.

    Args:
        subjects: Subject of each case.
        published: Part of each case in a published split, ``test`` or ``train``; empty where there is none.
        split: One of ``{"groups": 5}``, equal groups, of which each fold tests on another;
            ``{"train": 70, "validation": 10, "test": 20}``, the numbers of subjects that a paper has: where there are
            more or fewer, they are divided in proportion; ``{"published": True, "validation": 3, "train": 15}``, where
            the cases come with their part, and only the training part is divided.

    Returns:
        Numbers of groups. Of a split by parts, group 0 is the test part, 1 the validation part, 2 the training part.
    """
    if "groups" in split:
        return equal_groups(subjects, split["groups"])
    if not split.get("published"):
        return _by_shares(subjects, [split[part] for part in PARTS])
    divided = [subject for subject, part in zip(subjects, published, strict=True) if part != "test"]
    group = dict(zip(divided, _by_shares(divided, [0, split["validation"], split["train"]]), strict=True))
    return [group.get(subject, PARTS.index("test")) for subject in subjects]


def equal_groups(subjects: Sequence[str], groups: int, seed: int = 0) -> list[int]:
    """Groups that differ by at most one subject.

    Which subject goes where depends only on the set of subjects and the seed, not on their order.
    """
    group = {subject: place % groups for place, subject in enumerate(_shuffled(subjects, seed))}
    return [group[subject] for subject in subjects]


def evenly_spread(count: int, limit: int | None) -> list[int]:
    """Indices of at most ``limit`` of ``count`` items: the middle one of each of ``limit`` equal stretches."""
    if limit is None or count <= limit:
        return list(range(count))
    return [(2 * item + 1) * count // (2 * limit) for item in range(limit)]


def _by_shares(subjects: Sequence[str], shares: Sequence[float], seed: int = 0) -> list[int]:
    order = _shuffled(subjects, seed)
    wanted = np.array(shares) * len(order) / sum(shares)
    # A part that the paper has keeps at least one subject, however few there are; the training part gives it up.
    sizes = np.where(wanted > 0, np.maximum(np.rint(wanted), 1), 0).astype(int)
    ends = np.cumsum(sizes)[:-1]
    group = {subject: int(np.searchsorted(ends, place, side="right")) for place, subject in enumerate(order)}
    return [group[subject] for subject in subjects]


def _shuffled(subjects: Sequence[str], seed: int) -> list[str]:
    unique = sorted(set(subjects))
    return [unique[place] for place in np.random.default_rng(seed).permutation(len(unique))]
