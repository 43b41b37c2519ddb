"""Predictions that are written as they come."""

from pathlib import Path

import numpy as np
import torch

from segloss.training.predictions import decided, write_labels, write_probabilities


def test_batches_become_one_array_as_if_saved_at_once(tmp_path: Path) -> None:
    probs = np.random.default_rng(0).random((7, 3, 4, 4)).astype(np.float16)
    cases = np.array(["first", "second"])
    write_probabilities(tmp_path / "p.npz", cases, 7, np.split(probs, [3, 5]))
    with np.load(tmp_path / "p.npz") as archive:
        np.testing.assert_array_equal(archive["cases"], cases)
        np.testing.assert_array_equal(archive["probs"], probs)
        assert archive["probs"].dtype == np.float16


def test_the_same_predictions_have_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_probabilities(tmp_path / name, np.array(["case"]), 2, [np.ones((2, 1, 4, 4), np.float16)])
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_labels_of_volumes_become_one_flat_array(tmp_path: Path) -> None:
    volumes = [np.random.default_rng(k).integers(0, 3, (2, 3, 4 + k)).astype(np.uint8) for k in range(2)]
    write_labels(tmp_path / "p.npz", np.array(["a", "b"]), sum(v.size for v in volumes), volumes)
    with np.load(tmp_path / "p.npz") as archive:
        np.testing.assert_array_equal(archive["labels"], np.concatenate([v.reshape(-1) for v in volumes]))


def test_the_most_probable_class_is_sought_on_the_finer_grid() -> None:
    probs = torch.zeros(2, 1, 4, 4)
    probs[1, :, :, 2:] = 1.0
    probs[0] = 1 - probs[1]
    labels = decided(probs, (2, 8, 8))
    assert labels.shape == (2, 8, 8)
    assert (labels[:, :, 4:] == 1).all()
    assert (labels[:, :, :4] == 0).all()
