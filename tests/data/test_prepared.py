"""Batches, patches and parts of what the prepare stage wrote."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from segloss.data import prepared
from segloss.data.case import IGNORED
from segloss.data.prepared import PreparedSlices, PreparedVolumes, read_prepared
from segloss.errors import InputError

CPU = torch.device("cpu")


def write(
    folder: Path, shapes: Sequence[tuple[int, int, int]], groups: int = 3, flat: bool = False
) -> list[np.ndarray]:
    """Write cases of these shapes, two channels each, class 2 in a corner; returns their labels."""
    rng = np.random.default_rng(0)
    images = [rng.random((2, *shape)).astype(np.float16) for shape in shapes]
    labels = [np.zeros(shape, np.uint8) for shape in shapes]
    for array in labels:
        array[0, :2, :2] = [[2, 2], [IGNORED, 1]]
    arrays = [[i.reshape(-1) for i in images], [a.reshape(-1) for a in labels]]
    if not flat:
        arrays = [[i.swapaxes(0, 1) for i in images], labels]
    for name, parts in zip(("images", "labels"), arrays, strict=True):
        np.save(folder / f"{name}.npy", np.concatenate(parts))
    provenance = {"dataset": "acdc", "groups": groups, "channels": ["T1", "T2"], "classes": ["ring", "core"]}
    (folder / "provenance.json").write_text(json.dumps(provenance))
    sizes = ["x".join(map(str, shape)) for shape in shapes]
    rows = [f"c{i},{i % groups},{size},{size}" for i, size in enumerate(sizes)]
    (folder / "cases.csv").write_text("\n".join(["case,fold,shape,prepared_shape", *rows]) + "\n")
    return labels


def test_the_slices_of_some_cases_are_found_in_the_arrays(tmp_path: Path) -> None:
    labels = write(tmp_path, [(2, 8, 8), (3, 8, 8), (1, 8, 8)])
    data = PreparedSlices(tmp_path)
    assert data.slices_of(np.array([0, 2])).tolist() == [0, 1, 5]
    assert data.case_of.tolist() == [0, 0, 1, 1, 1, 2]
    np.testing.assert_array_equal(data.labels[data.slices_of(np.array([1]))], labels[1])


def test_ignored_voxels_are_background_in_a_batch(tmp_path: Path) -> None:
    write(tmp_path, [(2, 8, 8)])
    images, labels = PreparedSlices(tmp_path).batch(np.array([0, 1]), CPU)
    assert (images.shape, images.dtype, labels.dtype) == ((2, 2, 8, 8), torch.float32, torch.long)
    assert labels[0, :2, :2].tolist() == [[2, 2], [0, 1]]


def test_five_groups_give_three_parts_without_a_common_case(tmp_path: Path) -> None:
    write(tmp_path, [(1, 8, 8)] * 10, groups=5)
    parts = [PreparedSlices(tmp_path).part(1, part).tolist() for part in ("test", "validation", "train")]
    assert parts == [[1, 6], [2, 7], [0, 3, 4, 5, 8, 9]]


def test_distance_maps_get_an_empty_channel_for_the_background(tmp_path: Path) -> None:
    write(tmp_path, [(2, 8, 8)])
    maps = np.random.default_rng(1).random((2, 2, 8, 8)).astype(np.float32)
    np.save(tmp_path / "distances.npy", maps)
    phi = PreparedSlices(tmp_path).distance_maps(np.array([1]), CPU)
    assert not phi[:, 0].any()
    np.testing.assert_array_equal(phi[:, 1:], maps[1:])


def test_one_class_has_one_distance_map_as_it_has_one_logit(tmp_path: Path) -> None:
    write(tmp_path, [(2, 8, 8)])
    facts = json.loads((tmp_path / "provenance.json").read_text())
    (tmp_path / "provenance.json").write_text(json.dumps({**facts, "classes": ["lesion"]}))
    np.save(tmp_path / "distances.npy", np.ones((2, 1, 8, 8), np.float32))
    assert PreparedSlices(tmp_path).distance_maps(np.array([0]), CPU).shape == (1, 1, 8, 8)


def test_there_may_be_no_distance_maps(tmp_path: Path) -> None:
    write(tmp_path, [(2, 8, 8)])
    assert PreparedSlices(tmp_path).distance_maps(np.array([0]), CPU) is None


def test_volumes_keep_their_own_shapes(tmp_path: Path) -> None:
    labels = write(tmp_path, [(4, 6, 5), (3, 7, 9)], flat=True)
    image, target = PreparedVolumes(tmp_path).volume(1)
    assert image.shape == (2, 3, 7, 9)
    np.testing.assert_array_equal(target, labels[1])


def test_a_patch_is_cut_from_image_and_labels_at_the_same_place(tmp_path: Path) -> None:
    write(tmp_path, [(6, 9, 9)], flat=True)
    data = PreparedVolumes(tmp_path)
    image, target = data.volume(0)
    windows = np.lib.stride_tricks.sliding_window_view(image, (2, 3, 4, 5))[0]
    for _ in range(5):
        patch, labels = data.batch(np.array([0]), (3, 4, 5), CPU)
        matches = (windows == patch[0].numpy().astype(np.float16)).all(axis=(-4, -3, -2, -1))
        ((z, y, x),) = np.argwhere(matches)
        expected = target[z : z + 3, y : y + 4, x : x + 5]
        np.testing.assert_array_equal(labels[0].numpy(), np.where(expected == IGNORED, 0, expected))


def test_every_place_of_a_patch_has_the_same_probability(tmp_path: Path) -> None:
    write(tmp_path, [(3, 4, 4)], flat=True)
    data = PreparedVolumes(tmp_path)
    firsts = [float(data.batch(np.array([0]), (2, 4, 4), CPU)[0][0, 0, 0, 0, 0]) for _ in range(400)]
    # Two places: 200 expected of each, with a deviation of 10.
    assert 150 < firsts.count(firsts[0]) < 250


def test_a_volume_smaller_than_the_patch_lies_in_its_middle(tmp_path: Path) -> None:
    labels = write(tmp_path, [(2, 4, 4)], flat=True)
    images, targets = PreparedVolumes(tmp_path).batch(np.array([0]), (4, 4, 9), CPU)
    assert images.shape == (1, 2, 4, 4, 9)
    np.testing.assert_array_equal(targets[0, 1:3, :, 2:6].numpy(), np.where(labels[0] == IGNORED, 0, labels[0]))
    assert (images[0, 0, 0] == images[0, 0, 1:3, :, 2:6].min()).all()
    assert targets.sum() == targets[0, 1:3, :, 2:6].sum()


def test_balanced_patches_hold_each_class_as_often(tmp_path: Path) -> None:
    write(tmp_path, [(12, 16, 16)], flat=True)  # three voxels of class 2, one of class 1, in a corner
    data = PreparedVolumes(tmp_path)
    labels = data.batch(np.zeros(300, int), (2, 2, 2), CPU, balanced=True)[1]
    holds = [(labels == label).flatten(1).any(1).sum().item() for label in (1, 2)]
    # A third of the patches is drawn for each class, and the corner's few voxels often come together.
    assert 70 < holds[0] < 230
    assert 150 < holds[1] < 260
    uniform = data.batch(np.zeros(300, int), (2, 2, 2), CPU)[1]
    assert (uniform > 0).flatten(1).any(1).sum() < 10


def test_a_balanced_patch_of_a_case_without_the_class_lies_anywhere(tmp_path: Path) -> None:
    write(tmp_path, [(6, 8, 8)], flat=True)
    np.save(tmp_path / "labels.npy", np.zeros(6 * 8 * 8, np.uint8))
    firsts = PreparedVolumes(tmp_path).batch(np.zeros(40, int), (2, 2, 2), CPU, balanced=True)[0][:, 0, 0, 0, 0]
    assert len(set(firsts.tolist())) > 20


def test_only_the_patches_are_read_from_the_disk(tmp_path: Path) -> None:
    write(tmp_path, [(4, 6, 6)] * 3, flat=True)
    data = PreparedVolumes(tmp_path)
    assert isinstance(data.volume(2)[0].base, np.memmap)


def test_of_more_data_than_can_be_hashed_in_time_the_lengths_are_checked(
    tmp_path: Path, seal: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [(2, 8, 8)])
    seal(tmp_path)
    monkeypatch.setattr(prepared, "HASHED_BYTES", 100)
    assert isinstance(read_prepared(tmp_path), PreparedSlices)
    content = (tmp_path / "images.npy").read_bytes()
    (tmp_path / "images.npy").write_bytes(content[:-1])
    with pytest.raises(InputError, match=r"images\.npy is damaged \(mmap length is greater than file size\)"):
        read_prepared(tmp_path)


def test_files_that_are_not_those_of_the_fingerprint_are_refused(tmp_path: Path, seal: Callable[[Path], str]) -> None:
    write(tmp_path, [(2, 8, 8)])
    wanted = seal(tmp_path)
    images = np.load(tmp_path / "images.npy")
    images[1, 1, 3, 3] = np.nextafter(images[1, 1, 3, 3], np.float16(9))
    np.save(tmp_path / "images.npy", images)
    with pytest.raises(InputError, match=f"one of cases.csv, images.npy, labels.npy is not as .*fingerprint {wanted}"):
        read_prepared(tmp_path)
