from collections import Counter

import pytest

from segloss.data.splits import evenly_spread, thirds

NAMES = [f"case{number}" for number in range(100)]


def test_thirds_differ_by_at_most_one_subject() -> None:
    sizes = Counter(thirds(NAMES)).values()
    assert sorted(sizes) == [33, 33, 34]


def test_all_cases_of_a_subject_are_in_the_same_third() -> None:
    subjects = [f"subject{number // 4}" for number in range(100)]
    third_of = set(zip(subjects, thirds(subjects), strict=True))
    assert len(third_of) == 25


def test_the_third_of_a_subject_does_not_depend_on_the_order_of_the_cases() -> None:
    forwards = dict(zip(NAMES, thirds(NAMES), strict=True))
    backwards = dict(zip(NAMES[::-1], thirds(NAMES[::-1]), strict=True))
    assert forwards == backwards


def test_another_seed_gives_another_split() -> None:
    assert thirds(NAMES, seed=1) != thirds(NAMES, seed=2)


@pytest.mark.parametrize(("count", "limit"), [(10, None), (10, 10), (3, 10), (0, 5)])
def test_nothing_is_dropped_where_the_limit_allows_all(count: int, limit: int | None) -> None:
    assert evenly_spread(count, limit) == list(range(count))


def test_a_limited_choice_is_spread_evenly() -> None:
    assert evenly_spread(100, 4) == [12, 37, 62, 87]
