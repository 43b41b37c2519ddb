"""Predictions that are written as they come."""

from pathlib import Path

import numpy as np

from segloss.training.predictions import write_predictions


def test_batches_become_one_array_as_if_saved_at_once(tmp_path: Path) -> None:
    probs = np.random.default_rng(0).random((7, 3, 4, 4)).astype(np.float16)
    cases = np.array(["first", "second"])
    write_predictions(tmp_path / "p.npz", cases, 7, np.split(probs, [3, 5]))
    with np.load(tmp_path / "p.npz") as archive:
        np.testing.assert_array_equal(archive["cases"], cases)
        np.testing.assert_array_equal(archive["probs"], probs)
        assert archive["probs"].dtype == np.float16


def test_the_same_predictions_have_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_predictions(tmp_path / name, np.array(["case"]), 2, [np.ones((2, 1, 4, 4), np.float16)])
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
