"""Arrays that grow on disk, and what a stop may leave of them."""

from pathlib import Path

import numpy as np
import pytest

from segloss.data.growing_array import GrowingArray
from segloss.data.parallel import in_order
from segloss.data.prepared_files import RECORDS, PreparedFiles


def items(first: int, count: int) -> np.ndarray:
    return np.arange(first * 6, (first + count) * 6, dtype=np.float32).reshape(count, 2, 3)


def test_what_is_appended_is_there_at_any_time(tmp_path: Path) -> None:
    array = GrowingArray(tmp_path / "a.npy", np.dtype(np.float32), (2, 3))
    for first in (0, 4):
        array.append(items(first, 4))
        np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), items(0, first + 4))


def test_items_beyond_those_to_keep_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    array = GrowingArray(path, np.dtype(np.float32), (2, 3))
    array.append(items(0, 9))
    array.close()
    array = GrowingArray(path, np.dtype(np.float32), (2, 3), length=5)
    array.append(items(5, 1))
    array.close()
    np.testing.assert_array_equal(np.load(path), items(0, 6))


def test_items_of_another_shape_are_refused(tmp_path: Path) -> None:
    array = GrowingArray(tmp_path / "a.npy", np.dtype(np.float32), (2, 3))
    with pytest.raises(ValueError, match=r"expected float32 of shape \(n, \*\(2, 3\)\), got float32 of \(4, 3\)"):
        array.append(np.zeros((4, 3), np.float32))


def test_a_case_counts_only_with_its_complete_record(tmp_path: Path) -> None:
    with PreparedFiles(tmp_path) as files:
        for case in range(3):
            files.add({"case": case}, {"images": items(2 * case, 2)})
    # As a stop leaves it: the arrays of the third case are there, its record is torn.
    records = (tmp_path / RECORDS).read_text()
    (tmp_path / RECORDS).write_text(records[:-5])
    with PreparedFiles(tmp_path) as files:
        assert [record["case"] for record in files.records] == [0, 1]
        files.add({"case": 2}, {"images": items(4, 2)})
    np.testing.assert_array_equal(np.load(tmp_path / "images.npy"), items(0, 6))


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(in_order(lambda item: item * item, range(50), workers=4)) == [item * item for item in range(50)]


def test_no_more_items_are_begun_than_there_are_workers_ahead_of_the_one_that_is_due() -> None:
    begun: list[int] = []
    results = in_order(lambda item: begun.append(item), range(100), workers=3)
    next(results)
    assert len(begun) <= 4


def test_an_error_reaches_the_caller_at_its_place() -> None:
    results = in_order(lambda item: 1 // item, [1, 0, 1], workers=2)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
