"""The folds of the synthesis, slices of volumes, and distance maps."""

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

from segloss.losses import signed_distance
from segloss.synthesis.cases import StudySlices, distance_maps


def test_every_case_is_tested_in_exactly_one_fold(discs, protocol):
    tested = [StudySlices(discs, fold, protocol, "tiny").part(fold, "test") for fold in range(3)]
    assert sorted(np.concatenate(tested).tolist()) == list(range(12))


@pytest.mark.parametrize("fold", range(3))
def test_no_subject_is_in_two_parts_of_a_fold(discs, protocol, fold):
    data = StudySlices(discs, fold, protocol, "tiny")
    subjects = [
        {data.rows[case]["subject"] for case in data.part(fold, part)} for part in ("train", "validation", "test")
    ]
    assert all(subjects)
    assert sum(map(len, subjects)) == len(set.union(*subjects)) == 6


def test_training_and_validation_have_at_most_so_many_slices_and_the_test_part_has_all(cubes, protocol):
    data = StudySlices(cubes, 0, protocol, "tiny")
    slices = {part: data.slices_of(data.part(0, part)) for part in ("train", "validation", "test")}
    assert {part: len(of_part) for part, of_part in slices.items()} == {"train": 8, "validation": 2, "test": 24}
    # Spread over the volumes, and not the first ones of them.
    assert len(set(data.case_of[slices["train"]])) == len(data.part(0, "train")) == 6


def test_at_most_so_many_cases_are_used(discs, protocol):
    protocol.scales["tiny"]["most"]["cases"] = 6
    folds = [StudySlices(discs, fold, protocol, "tiny") for fold in range(3)]
    used = [np.concatenate([data.part(0, part) for part in ("train", "validation", "test")]) for data in folds]
    assert {tuple(sorted(of_fold.tolist())) for of_fold in used} == {(1, 3, 5, 7, 9, 11)}


def test_slices_of_volumes_are_centred_in_their_square(cubes, protocol):
    data = StudySlices(cubes, 0, protocol, "tiny")
    assert data.images.shape == (72, 1, 32, 32)
    volume = np.load(cubes / "labels.npy").reshape(12, 6, 18, 38)
    expected = np.pad(volume[3, 2], ((7, 7), (0, 0)))[:, 3:35]
    assert np.array_equal(data.labels[3 * 6 + 2], expected)
    assert np.array_equal(data.truth(3)[0][2], expected)


def test_around_a_volume_is_its_smallest_value(cubes, protocol):
    data = StudySlices(cubes, 0, protocol, "tiny")
    darkest = np.load(cubes / "images.npy").reshape(12, -1).min(axis=1)
    assert np.array_equal(data.images[:, 0, 0, 0], np.repeat(darkest, 6))


def test_a_picture_is_judged_as_a_picture_and_a_volume_as_a_volume(discs, cubes, protocol):
    assert StudySlices(discs, 0, protocol, "tiny").truth(0)[0].shape == (32, 32)
    assert StudySlices(cubes, 0, protocol, "tiny").truth(0)[0].shape == (6, 32, 32)


def test_exact_maps_are_those_that_the_loss_would_compute():
    labels = np.random.default_rng(0).integers(0, 3, (4, 16, 16)).astype(np.uint8)
    expected = signed_distance(torch.from_numpy(labels.astype(np.int64)), 3).numpy()
    assert np.array_equal(distance_maps(labels, 2, "exact")[:, 1:], expected[:, 1:])


def test_truncated_maps_are_whole_numbers_below_the_distance_outside():
    labels = np.zeros((1, 16, 16), dtype=np.uint8)
    labels[0, 4:9, 5:11] = 1
    maps = distance_maps(labels, 1, "truncated")
    outside = labels == 0
    assert np.array_equal(maps[:, 0][outside], np.floor(distance_transform_edt(outside[0]))[outside[0]])
    assert np.array_equal(maps, np.rint(maps))


def test_slices_without_wanted_maps_have_none(discs, protocol):
    data = StudySlices(discs, 0, protocol, "tiny")
    assert data.distance_maps(np.arange(2), torch.device("cpu")) is None
