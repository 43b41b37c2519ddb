from collections import Counter
from typing import Any

import pytest

from segloss.data.splits import equal_groups, evenly_spread, grouped, groups_of, part_of

NAMES = [f"case{number}" for number in range(100)]


def test_thirds_differ_by_at_most_one_subject() -> None:
    sizes = Counter(equal_groups(NAMES, 3)).values()
    assert sorted(sizes) == [33, 33, 34]


def test_all_cases_of_a_subject_are_in_the_same_third() -> None:
    subjects = [f"subject{number // 4}" for number in range(100)]
    third_of = set(zip(subjects, equal_groups(subjects, 3), strict=True))
    assert len(third_of) == 25


def test_the_third_of_a_subject_does_not_depend_on_the_order_of_the_cases() -> None:
    forwards = dict(zip(NAMES, equal_groups(NAMES, 3), strict=True))
    backwards = dict(zip(NAMES[::-1], equal_groups(NAMES[::-1], 3), strict=True))
    assert forwards == backwards


def test_another_seed_gives_another_split() -> None:
    assert equal_groups(NAMES, 3, seed=1) != equal_groups(NAMES, 3, seed=2)


@pytest.mark.parametrize(("count", "limit"), [(10, None), (10, 10), (3, 10), (0, 5)])
def test_nothing_is_dropped_where_the_limit_allows_all(count: int, limit: int | None) -> None:
    assert evenly_spread(count, limit) == list(range(count))


def test_a_limited_choice_is_spread_evenly() -> None:
    assert evenly_spread(100, 4) == [12, 37, 62, 87]


@pytest.mark.parametrize(("groups", "trained"), [(3, 1), (5, 3)])
def test_each_fold_tests_on_its_own_group_validates_on_the_next_and_trains_on_the_others(
    groups: int, trained: int
) -> None:
    for fold in range(groups):
        parts = [part_of(group, fold, groups) for group in range(groups)]
        assert parts[fold] == "test"
        assert parts[(fold + 1) % groups] == "validation"
        assert Counter(parts)["train"] == trained


def parts_of(subjects: list[str], published: list[str], split: dict[str, Any]) -> Counter[str]:
    return Counter(part_of(group, 0, groups_of(split)) for group in grouped(subjects, published, split))


def test_a_papers_number_of_subjects_gets_the_papers_parts() -> None:
    split = {"train": 70, "validation": 10, "test": 20}
    assert parts_of(NAMES, [""] * 100, split) == split


def test_fewer_subjects_are_divided_in_proportion() -> None:
    assert parts_of(NAMES[:50], [""] * 50, {"train": 70, "validation": 10, "test": 20}) == {
        "train": 35,
        "validation": 5,
        "test": 10,
    }


def test_every_part_of_a_paper_keeps_a_subject_however_few_there_are() -> None:
    assert parts_of(NAMES[:3], [""] * 3, {"train": 45, "validation": 5, "test": 10}) == {
        "train": 1,
        "validation": 1,
        "test": 1,
    }


def test_a_published_test_part_is_kept_and_only_the_training_part_is_divided() -> None:
    published = ["test" if number % 5 < 2 else "train" for number in range(30)]
    split = {"published": True, "train": 15, "validation": 3}
    groups = grouped(NAMES[:30], published, split)
    assert [group == 0 for group in groups] == [part == "test" for part in published]
    assert parts_of(NAMES[:30], published, split) == {"test": 12, "train": 15, "validation": 3}


def test_both_scans_of_a_subject_are_in_the_same_part() -> None:
    subjects = [f"subject{number // 2}" for number in range(40)]
    groups = grouped(subjects, [""] * 40, {"train": 14, "validation": 2, "test": 4})
    assert len(set(zip(subjects, groups, strict=True))) == 20
