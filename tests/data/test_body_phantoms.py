from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from segloss.data.phantoms import (
    abdomen_phantom,
    heart_phantom,
    kidney_phantom,
    two_channel_phantom,
    ultrasound_phantom,
)
from segloss.data.phantoms.abdomen import ORGANS
from segloss.data.phantoms.heart import BUILDS
from segloss.data.phantoms.ultrasound import _speckle

SMALL = (12, 48, 48)


def _arrays(phantom: object) -> tuple[np.ndarray, np.ndarray]:
    """Image and labels, whatever form they came in."""
    if isinstance(phantom, tuple):
        return phantom
    return phantom.images, phantom.labels


GENERATORS: dict[str, Callable] = {
    "abdomen": lambda seed, **options: _arrays(abdomen_phantom(seed, SMALL, **options)),
    "kidney": lambda seed, **options: _arrays(kidney_phantom(seed, SMALL, **options)),
    "heart": lambda seed, **options: _arrays(heart_phantom(seed, **options)),
    "two channels": lambda seed, **options: _arrays(two_channel_phantom(seed, **options)),
    "ultrasound": lambda seed, **options: _arrays(ultrasound_phantom(seed, **options)),
}
every_generator = pytest.mark.parametrize("draw", GENERATORS.values(), ids=GENERATORS.keys())


@every_generator
def test_the_same_seed_gives_the_same_phantom(draw: Callable) -> None:
    (image, labels), (again, labels_again) = draw(5), draw(5)
    np.testing.assert_array_equal(image, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert not np.array_equal(image, draw(6)[0])


@pytest.mark.parametrize(
    ("name", "shares", "foreground"),
    [
        ("abdomen", [0.02, 0.08, 0.13], lambda labels: labels > 0),
        ("kidney", [0.001, 0.006, 0.02], lambda labels: labels == 2),
        ("heart", [0.03, 0.07, 0.15], lambda labels: labels > 0),
        ("two channels", [0.01, 0.05, 0.1], lambda labels: labels > 0),
        ("ultrasound", [0.01, 0.07, 0.3], lambda labels: labels),
    ],
)
def test_the_foreground_covers_the_share_that_was_asked_for(
    name: str, shares: list[float], foreground: Callable
) -> None:
    for seed in range(3):
        for share in shares:
            mask = foreground(GENERATORS[name](seed, foreground_share=share)[1])
            assert mask.mean() == pytest.approx(share, rel=0.05, abs=1 / mask.size)


@every_generator
def test_the_share_changes_nothing_that_can_be_seen_without_contrast(draw: Callable) -> None:
    share = {"foreground_share": 0.02}
    plain, labels = draw(1, contrast=0)
    again, other_labels = draw(1, contrast=0, **share)
    assert not np.array_equal(labels, other_labels)
    np.testing.assert_array_equal(plain, again)


@every_generator
def test_contrast_makes_the_structures_visible_in_proportion(draw: Callable) -> None:
    hidden, weak, full = (draw(2, contrast=contrast)[0].astype(float) for contrast in (0, 0.5, 1))
    changed = np.abs(full - hidden) > 3 * np.abs(full - hidden).mean()
    ratio = (weak - hidden)[changed] / (full - hidden)[changed]
    assert changed.any()
    assert np.median(ratio) == pytest.approx(0.5, abs=0.1)


def test_an_abdomen_has_thirteen_organs_of_very_different_size() -> None:
    for seed in range(2):
        labels = abdomen_phantom(seed).labels
        voxels = dict(zip(ORGANS, np.bincount(labels.ravel(), minlength=14)[1:], strict=True))
        assert min(voxels.values()) > 5
        assert max(voxels, key=voxels.__getitem__) == "liver"
        assert voxels["liver"] > 200 * voxels["left adrenal gland"]


def test_paired_organs_lie_on_their_sides() -> None:
    labels = abdomen_phantom(3).labels

    def left_of_the_middle(organ: str) -> float:
        return float(np.argwhere(labels == ORGANS.index(organ) + 1)[:, 2].mean()) - 47.5

    for organ in ("left kidney", "spleen", "stomach", "left adrenal gland"):
        assert left_of_the_middle(organ) > 5
    for organ in ("right kidney", "liver", "gallbladder", "right adrenal gland"):
        assert left_of_the_middle(organ) < -5


def test_neighbouring_organs_differ_by_little_more_than_the_noise() -> None:
    phantom = abdomen_phantom(4)
    liver, spleen = (phantom.images[0][ndimage.binary_erosion(phantom.labels == code)] for code in (6, 1))
    assert abs(liver.mean() - spleen.mean()) < 3 * liver.std()
    assert 10 < liver.std() < 35


def test_a_tumour_is_one_part_that_touches_a_kidney() -> None:
    for seed in range(3):
        labels = kidney_phantom(seed, foreground_share=0.003).labels
        parts, count = ndimage.label(labels == 2)
        largest = parts == np.argmax(np.bincount(parts.ravel())[1:]) + 1
        assert largest.sum() > 0.95 * (labels == 2).sum(), count
        assert (ndimage.binary_dilation(largest) & (labels == 1)).any()


@pytest.mark.parametrize("group", BUILDS)
def test_a_heart_is_a_ring_of_muscle_around_one_cavity_and_beside_the_other(group: str) -> None:
    labels = heart_phantom(7, group=group).labels
    right, muscle, left = (labels == code for code in (1, 2, 3))
    in_plane = ndimage.generate_binary_structure(3, 1) & (np.arange(3) == 1)[:, None, None]
    around_left = ndimage.binary_dilation(left, in_plane) & ~left
    assert (labels[around_left] == 2).mean() > 0.98
    assert (ndimage.binary_dilation(muscle, in_plane) & right).any()


@pytest.mark.parametrize("group", BUILDS)
def test_a_heart_is_larger_at_end_diastole(group: str) -> None:
    full, small = (heart_phantom(8, phase, group).labels for phase in ("end-diastole", "end-systole"))
    assert (full == 3).sum() > 1.1 * (small == 3).sum()
    assert (full == 1).sum() > (small == 1).sum()
    # Muscle does not shrink, but the valves come down, so fewer slices show it.
    assert (small == 2).sum() > 0.6 * (full == 2).sum()


def test_the_first_and_the_last_slice_of_a_heart_are_empty() -> None:
    for seed in range(4):
        labels = heart_phantom(seed).labels
        assert not labels[0].any()
        assert not labels[-1].any()


def test_speckle_in_even_tissue_has_the_spread_of_a_rayleigh_distribution() -> None:
    echo = _speckle(np.random.default_rng(0), np.zeros((200, 200)))
    # The mean of a Rayleigh distribution is 1.91 times its standard deviation.
    assert echo.mean() / echo.std() == pytest.approx(1.91, abs=0.08)


def test_head_and_tail_touch() -> None:
    labels = two_channel_phantom(1).labels
    assert (ndimage.binary_dilation(labels == 1) & (labels == 2)).any()
