"""Augmentation moves image and labels together and stays inside its bounds."""

import math

import torch

from segloss.data.augmentation import augment, random_affine

SETTINGS = {"rotation_deg": 30, "shift_share": 0.1, "shear_deg": 10, "zoom_share": 0.1, "flip": True}
STILL = {"rotation_deg": 0, "shift_share": 0, "shear_deg": 0, "zoom_share": 0, "flip": False}


def disc(size: int = 64) -> torch.Tensor:
    axis = torch.linspace(-1, 1, size)
    return ((axis[:, None] - 0.2) ** 2 + axis[None, :] ** 2 < 0.3).long()


def test_without_any_amount_nothing_moves() -> None:
    images, labels = torch.rand(2, 3, 16, 16), torch.randint(0, 2, (2, 16, 16))
    moved, moved_labels = augment(images, labels, STILL)
    torch.testing.assert_close(moved, images)
    torch.testing.assert_close(moved_labels, labels)


def test_image_and_labels_move_together() -> None:
    labels = disc().expand(8, -1, -1)
    images = labels.unsqueeze(1).float()
    moved, moved_labels = augment(images, labels, SETTINGS)
    agree = (moved.squeeze(1) > 0.5).long() == moved_labels
    assert agree.float().mean() > 0.995
    assert (moved_labels != labels).any()


def test_labels_keep_their_values() -> None:
    labels = 4 * disc().unsqueeze(0)
    assert set(augment(labels.unsqueeze(1).float(), labels, SETTINGS)[1].unique().tolist()) == {0, 4}


def test_each_image_of_a_batch_moves_its_own_way() -> None:
    assert len(random_affine(16, **SETTINGS).unique(dim=0)) == 16


def test_rotation_zoom_and_shift_stay_inside_their_bounds() -> None:
    maps = random_affine(1000, **{**SETTINGS, "shear_deg": 0, "flip": False})
    angle = torch.atan2(maps[:, 1, 0], maps[:, 0, 0])
    zoom = torch.linalg.det(maps[:, :, :2]).sqrt()
    assert angle.abs().max() <= math.radians(30)
    assert 0.9 <= zoom.min() < 0.92
    assert 1.08 < zoom.max() <= 1.1
    assert 0.19 < maps[:, :, 2].abs().max() <= 0.2  # a share of .1 of an image that is 2 wide


def test_half_of_the_images_are_mirrored() -> None:
    maps = random_affine(2000, **{**STILL, "flip": True})
    mirrored = (torch.linalg.det(maps[:, :, :2]) < 0).float().mean()
    assert abs(mirrored.item() - 0.5) < 0.05


def test_the_same_seed_gives_the_same_augmentation() -> None:
    torch.manual_seed(3)
    first = random_affine(4, **SETTINGS)
    torch.manual_seed(3)
    torch.testing.assert_close(random_affine(4, **SETTINGS), first, rtol=0, atol=0)
