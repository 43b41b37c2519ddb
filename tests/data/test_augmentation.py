"""Augmentation moves image and labels together, within its bounds, and changes nothing that it was not asked to."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.interpolate import BSpline
from torch.nn import functional

from segloss.data.augmentation import Amounts, augment, geometry, random_affine
from segloss.data.augmentation.geometry import elastic, proportioned, through_volume
from segloss.data.augmentation.intensity import bend, blur, roughen, shade
from segloss.errors import InputError

SETTINGS = {"rotation_deg": 30, "shift_share": 0.1, "shear_deg": 10, "zoom_share": 0.1, "flip": True}
STILL = {"rotation_deg": 0, "shift_share": 0, "shear_deg": 0, "zoom_share": 0, "flip": False}
ELASTIC = {"elastic_share": 0.08, "elastic_spacing_share": 0.2}
GREY_VALUES = {"blur_px": 1.5, "brightness_sd": 0.3, "contrast_share": 0.3, "gamma_share": 0.3, "noise_sd": 0.1}
KINDS = [SETTINGS, ELASTIC, {**SETTINGS, **ELASTIC}]


def disc(size: int = 64) -> torch.Tensor:
    axis = torch.linspace(-1, 1, size)
    return ((axis[:, None] - 0.2) ** 2 + axis[None, :] ** 2 < 0.3).long()


def ball(size: int = 32) -> torch.Tensor:
    axis = torch.linspace(-1, 1, size)
    return ((axis[:, None, None] - 0.2) ** 2 + axis[:, None] ** 2 + axis**2 < 0.3).long()


def smooth_volume(*shape: int) -> torch.Tensor:
    noise = np.random.default_rng(0).normal(size=shape)
    return torch.from_numpy(ndimage.gaussian_filter(noise, 2)).float()


def seeded(images: torch.Tensor, labels: torch.Tensor, settings: dict, seed: int = 3, **options):
    torch.manual_seed(seed)
    return augment(images, labels, settings, **options)


def identity_maps(batch: int, axes: int) -> torch.Tensor:
    return torch.eye(axes, axes + 1).expand(batch, -1, -1)


@pytest.mark.parametrize("shape", [(16, 16), (8, 12, 16)])
@pytest.mark.parametrize("settings", [{}, STILL, {**STILL, "elastic_share": 0.0, "noise_sd": 0.0}])
def test_without_any_amount_nothing_changes(shape, settings):
    images, labels = torch.rand(2, 3, *shape), torch.randint(0, 2, (2, *shape))
    moved, moved_labels = augment(images, labels, settings)
    assert torch.equal(moved, images)
    assert torch.equal(moved_labels, labels)


def test_what_happens_with_probability_zero_changes_nothing():
    kinds = ("rotation", "shift", "shear", "zoom", "elastic", "blur", "brightness", "contrast", "gamma", "noise")
    settings = {**SETTINGS, "flip": False, **ELASTIC, **GREY_VALUES, "probability": dict.fromkeys(kinds, 0.0)}
    images, labels = torch.rand(2, 3, 16, 16), torch.randint(0, 2, (2, 16, 16))
    moved, moved_labels = augment(images, labels, settings)
    torch.testing.assert_close(moved, images)
    assert torch.equal(moved_labels, labels)


def test_a_kind_happens_as_often_as_its_probability_says():
    images, labels = torch.rand(400, 1, 8, 8), torch.zeros(400, 8, 8, dtype=torch.long)
    moved, _ = augment(images, labels, {"brightness_sd": 1.0, "probability": {"brightness": 0.3}})
    assert abs((moved != images).flatten(1).any(1).float().mean().item() - 0.3) < 0.06


@pytest.mark.parametrize("settings", KINDS)
def test_image_and_labels_move_together(settings):
    labels = disc().expand(8, -1, -1)
    moved, moved_labels = augment(labels.unsqueeze(1).float(), labels, settings)
    agree = (moved.squeeze(1) > 0.5).long() == moved_labels
    assert agree.float().mean() > 0.995
    assert (moved_labels != labels).any()


@pytest.mark.parametrize("axes", ["in_plane", "all"])
@pytest.mark.parametrize("settings", KINDS)
def test_volume_and_labels_move_together(settings, axes):
    labels = ball().expand(4, -1, -1, -1)
    moved, moved_labels = augment(labels.unsqueeze(1).float(), labels, {**settings, "axes": axes})
    agree = (moved.squeeze(1) > 0.5).long() == moved_labels
    assert agree.float().mean() > 0.985
    assert (moved_labels != labels).any()


def test_labels_keep_their_values():
    labels = 255 * disc().unsqueeze(0) - 251 * (disc().unsqueeze(0).roll(20, 1) * disc().unsqueeze(0))
    moved = augment(torch.rand(1, 1, 64, 64), labels, {**SETTINGS, **ELASTIC})[1]
    assert set(labels.unique().tolist()) == set(moved.unique().tolist()) == {0, 4, 255}
    assert moved.dtype == labels.dtype


def test_the_inputs_stay_as_they_are():
    images, labels = torch.rand(2, 1, 16, 16), torch.randint(0, 2, (2, 16, 16))
    before = images.clone(), labels.clone()
    for settings in ({**SETTINGS, **ELASTIC, **GREY_VALUES}, GREY_VALUES):
        augment(images, labels, settings)
    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])


def test_each_image_of_a_batch_moves_its_own_way():
    assert len(random_affine(16, **SETTINGS).unique(dim=0)) == 16


def test_rotation_zoom_and_shift_stay_inside_their_bounds():
    maps = random_affine(1000, **{**SETTINGS, "shear_deg": 0, "flip": False})
    angle = torch.atan2(maps[:, 1, 0], maps[:, 0, 0])
    zoom = torch.linalg.det(maps[:, :, :2]).sqrt()
    assert angle.abs().max() <= math.radians(30)
    assert 0.9 <= zoom.min() < 0.92
    assert 1.08 < zoom.max() <= 1.1
    assert 0.19 < maps[:, :, 2].abs().max() <= 0.2  # a share of .1 of an image that is 2 wide


def test_half_of_the_images_are_mirrored():
    maps = random_affine(2000, **{**STILL, "flip": True})
    mirrored = (torch.linalg.det(maps[:, :, :2]) < 0).float().mean()
    assert abs(mirrored.item() - 0.5) < 0.05


@pytest.mark.parametrize(("shape", "axes"), [((8, 8), "in_plane"), ((8, 8, 8), "all")])
def test_a_mirrored_image_mirrored_again_the_same_way_is_itself(shape, axes):
    images, labels = torch.rand(16, 1, *shape), torch.randint(0, 3, (16, *shape))
    once, once_labels = seeded(images, labels, {"flip": True, "axes": axes})
    twice, twice_labels = seeded(once, once_labels, {"flip": True, "axes": axes})
    assert not torch.equal(once_labels, labels)
    torch.testing.assert_close(twice, images)
    assert torch.equal(twice_labels, labels)


@pytest.mark.parametrize(("shape", "axes"), [((4, 4), "in_plane"), ((4, 4, 4), "all")])
def test_mirrored_images_come_in_every_mirror_image_and_in_no_other(shape, axes):
    labels = torch.arange(math.prod(shape)).reshape(1, *shape)
    among = [[axis + 1 for axis in range(len(shape)) if k >> axis & 1] for k in range(2 ** len(shape))]
    expected = {tuple(labels.flip(axes).flatten().tolist()) for axes in among}
    moved = seeded(torch.zeros(100, 1, *shape), labels.expand(100, *shape), {"flip": True, "axes": axes})[1]
    assert {tuple(case.flatten().tolist()) for case in moved} == expected


def test_a_volume_in_plane_moves_as_each_of_its_slices_does():
    volume, labels = smooth_volume(1, 2, 5, 24, 24), torch.randint(0, 3, (1, 5, 24, 24))
    settings = {**SETTINGS, **ELASTIC}
    moved, moved_labels = seeded(volume, labels, settings)
    for z in range(5):
        image, mask = seeded(volume[:, :, z], labels[:, z], settings)
        torch.testing.assert_close(moved[:, :, z], image, rtol=0, atol=0)
        assert torch.equal(moved_labels[:, z], mask)


def test_a_volume_moves_as_scipy_moves_it_by_the_same_matrix_in_millimetres():
    shape, spacing = (20, 24, 32), np.array([3.0, 1.0, 0.8])
    settings = {"rotation_deg": 20, "shift_share": 0.05, "zoom_share": 0.1, "flip": True, "axes": "all"}
    volume = smooth_volume(*shape)
    ours, _ = seeded(volume[None, None], torch.zeros(1, *shape).long(), settings, spacing_mm=tuple(spacing))
    torch.manual_seed(3)
    amounts = Amounts.of(settings)
    plane = random_affine(1, rotation_deg=20, shift_share=0.05, shear_deg=0, zoom_share=0.1, flip=True)
    matrix = through_volume(plane, amounts)[0].numpy().astype(float)
    turn = matrix[::-1, 2::-1]  # from x, y, z to z, y, x
    orthogonal = turn @ turn.T / np.linalg.det(turn @ turn.T) ** (1 / 3)
    np.testing.assert_allclose(orthogonal, np.eye(3), atol=1e-5)
    in_voxels = np.diag(1 / spacing) @ turn @ np.diag(spacing)
    centre = (np.array(shape) - 1) / 2
    offset = centre - in_voxels @ centre + matrix[::-1, 3] * np.array(shape) / 2
    theirs = ndimage.affine_transform(volume.numpy(), in_voxels, offset, order=1, mode="nearest")
    np.testing.assert_allclose(ours[0, 0].numpy(), theirs, atol=1e-5)


def test_rotating_a_picture_that_is_not_square_keeps_distances():
    quarter = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
    images = torch.zeros(1, 1, 8, 16)
    images[0, 0, 4, 10] = 1  # 2.5 pixels right of the centre, half a pixel below
    grid = functional.affine_grid(proportioned(quarter, (8, 16)), [1, 1, 8, 16], align_corners=False)
    moved = functional.grid_sample(images, grid, align_corners=False)
    assert (moved[0, 0] > 0.99).nonzero().tolist() == [[1, 8]]  # 2.5 pixels above, half a pixel to the right


def test_elastic_displacements_are_a_cubic_spline_through_the_drawn_control_points():
    amounts = Amounts.of(ELASTIC)
    torch.manual_seed(1)
    field = elastic(identity_maps(1, 2), (6, 10), amounts)
    torch.manual_seed(1)
    points = (torch.rand(1, 2, 8, 8) * 2 - 1).numpy() * 2 * 0.08
    bump = BSpline.basis_element([-2, -1, 0, 1, 2], extrapolate=False)
    weights = [
        np.nan_to_num(bump((np.arange(size) + 0.5)[:, None] / size / 0.2 - np.arange(-1, 7))) for size in (6, 10)
    ]
    expected = np.einsum("yp,xq,bipq->byxi", *weights, points)
    np.testing.assert_allclose(field.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("sizes", [(64, 64), (40, 40, 40)])
def test_the_strongest_elastic_deformation_never_folds(sizes, monkeypatch):
    # Every control point goes as far as the limit lets it, one way or the other.
    monkeypatch.setattr(geometry, "uniform", lambda *shape: torch.randint(0, 2, shape).mul(2.0).sub(1))
    axes = len(sizes)
    places = functional.affine_grid(identity_maps(10, axes), [10, 1, *sizes], align_corners=False)
    places = (places + elastic(identity_maps(10, axes), sizes, Amounts.of(ELASTIC))).numpy()
    slopes = [
        np.stack(np.gradient(places[..., coordinate], 2 / sizes[0], axis=range(1, axes + 1)), axis=-1)
        for coordinate in reversed(range(axes))
    ]
    volume = np.linalg.det(np.stack(slopes, axis=-2))
    assert volume.min() > 0
    assert volume.min() < 0.5  # strong indeed


def test_affine_and_elastic_together_are_one_after_the_other():
    maps = random_affine(1, **SETTINGS)
    torch.manual_seed(1)
    bent = elastic(identity_maps(1, 2), (16, 16), Amounts.of(ELASTIC))
    torch.manual_seed(1)
    carried = elastic(maps, (16, 16), Amounts.of(ELASTIC))
    places = functional.affine_grid(identity_maps(1, 2), [1, 1, 16, 16], align_corners=False) + bent
    expected = torch.einsum("ij,yxj->yxi", maps[0, :, :2], places[0]) + maps[0, :, 2]
    whole = functional.affine_grid(maps, [1, 1, 16, 16], align_corners=False) + carried
    torch.testing.assert_close(whole[0], expected)


def test_blur_is_scipys_gaussian_away_from_the_border():
    images = torch.rand(2, 3, 40, 48)
    blurred = blur(images, torch.tensor([0.7, 1.8]))
    for image, result, sigma in zip(images, blurred, (0.7, 1.8), strict=True):
        expected = ndimage.gaussian_filter(image.numpy(), (0, sigma, sigma), truncate=8)
        np.testing.assert_allclose(result[:, 12:-12, 12:-12], expected[:, 12:-12, 12:-12], atol=1e-5)


def test_blur_keeps_an_even_image_even_up_to_its_border_and_slices_apart():
    volume = torch.arange(4.0).view(1, 1, 4, 1, 1).expand(1, 1, 4, 9, 9)
    torch.testing.assert_close(blur(volume, torch.tensor([2.0])), volume)


def test_brightness_and_contrast_move_mean_and_spread_by_what_they_say():
    values = torch.randn(2, 3, 500) * 7 + 40
    brightness, contrast = torch.full((2, 3), 0.5), torch.full((2, 3), 1.2)
    shaded = shade(values, brightness, contrast)
    spread = values.std(2, correction=0)
    torch.testing.assert_close(shaded.mean(2), values.mean(2) + 0.5 * spread)
    torch.testing.assert_close(shaded.std(2, correction=0), 1.2 * spread)


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (6.0, -2.0), (0.0, 5.0)])
def test_gamma_bends_between_the_lowest_and_the_highest_value_of_any_range(scale, offset):
    shares = torch.linspace(0, 1, 9).view(1, 1, 9)
    bent = bend(shares * scale + offset, torch.full((1, 1), 2.0))
    torch.testing.assert_close(bent, shares**2 * scale + offset)


def test_gamma_of_one_changes_nothing():
    values = torch.randn(2, 3, 50)
    assert torch.equal(bend(values, torch.ones(2, 3)), values)


def test_noise_has_the_share_of_the_spread_that_was_asked_for():
    values = torch.randn(1, 2, 20000) * torch.tensor([[[1.0], [50.0]]])
    added = roughen(values, torch.full((1, 2), 0.1)) - values
    torch.testing.assert_close(added.std(2), torch.tensor([[0.1, 5.0]]), rtol=0.03, atol=0)
    assert abs(np.corrcoef(added[0])[0, 1]) < 0.03


@pytest.mark.parametrize("setting", ["brightness_sd", "contrast_share", "gamma_share", "noise_sd"])
def test_each_channel_changes_its_grey_values_its_own_way_and_labels_stay(setting):
    images = torch.rand(1, 1, 12, 12).expand(2, 3, 12, 12)
    labels = torch.randint(0, 2, (2, 12, 12))
    changed, same = augment(images, labels, {setting: 0.5})
    assert len(changed.flatten(0, 1).unique(dim=0)) == 6
    assert torch.equal(same, labels)


@pytest.mark.parametrize("shape", [(16, 16), (8, 16, 16)])
def test_the_same_seed_gives_the_same_augmentation_and_another_one_another(shape):
    images, labels = torch.rand(2, 1, *shape), torch.randint(0, 2, (2, *shape))
    settings = {**SETTINGS, **ELASTIC, **GREY_VALUES, "axes": "all", "probability": {"noise": 0.5}}
    first, second, other = (seeded(images, labels, settings, seed) for seed in (1, 1, 2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], other[0])


def test_a_seed_keeps_giving_the_map_that_earlier_results_were_made_with():
    torch.manual_seed(0)
    first = random_affine(2, **SETTINGS)[0].numpy()
    # The first of two draws each of rotation, shear, zoom and both shifts, then of both mirrors, all of seed 0.
    rotation, shear, zoom, *shift = 2 * np.array([0.4963, 0.0885, 0.3074, 0.4901, 0.4556]) - 1
    angle, slant = math.radians(30 * rotation), math.tan(math.radians(10 * shear))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear = (1 + 0.1 * zoom) * turn @ [[1, slant], [0, 1]] @ np.diag([1, -1])
    np.testing.assert_allclose(first, np.column_stack([linear, 0.2 * np.array(shift)]), atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rotation": 30}, "unknown setting 'rotation', expected one of rotation_deg,"),
        ({"noise_sd": -0.1}, "noise_sd is -0.1, expected a number from 0 upwards"),
        ({"zoom_share": "10 %"}, "zoom_share is '10 %', expected a number"),
        ({"flip": 0.5}, "flip is 0.5, expected true or false"),
        ({"zoom_share": 1}, "leaves no image"),
        ({"axes": "xy"}, "axes is 'xy', expected in_plane or all"),
        ({"elastic_share": 0.2}, "elastic_share is 0.2, expected at most 0.4 of elastic_spacing_share"),
        ({"probability": {"rotation_deg": 0.5}}, "probability of 'rotation_deg', expected one of rotation,"),
        ({"probability": {"blur": 1.5}}, "probability of blur is 1.5, expected 0 to 1"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(settings, message):
    with pytest.raises(InputError, match=message):
        augment(torch.zeros(1, 1, 4, 4), torch.zeros(1, 4, 4, dtype=torch.long), settings)
