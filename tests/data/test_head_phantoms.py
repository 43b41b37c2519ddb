from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from segloss.data.phantoms.brain_extraction import brain_extraction_phantom
from segloss.data.phantoms.head import draw_head, posed
from segloss.data.phantoms.multiple_sclerosis import multiple_sclerosis_phantom
from segloss.data.phantoms.space import Space, ellipsoid
from segloss.data.phantoms.stroke import stroke_phantom
from segloss.data.phantoms.tumour import brain_tumour_phantom
from segloss.data.phantoms.volume import VolumePhantom
from segloss.data.phantoms.white_matter import white_matter_phantom

Generator = Callable[..., VolumePhantom]
LESIONS: list[Generator] = [multiple_sclerosis_phantom, white_matter_phantom, brain_tumour_phantom, stroke_phantom]
EVERYTHING = [*LESIONS, brain_extraction_phantom]
SHARES = {
    multiple_sclerosis_phantom: (0.0002, 0.003, 0.02),
    white_matter_phantom: (0.0002, 0.003, 0.02),
    brain_tumour_phantom: (0.002, 0.03),
    stroke_phantom: (0.002, 0.06),
    brain_extraction_phantom: (0.08, 0.2),
}
CASES = [(generator, share) for generator, shares in SHARES.items() for share in shares]


@pytest.mark.parametrize("generator", EVERYTHING)
def test_the_same_seed_gives_the_same_phantom(generator: Generator) -> None:
    first, second = generator(3), generator(3)
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.labels, second.labels)


@pytest.mark.parametrize("generator", EVERYTHING)
def test_another_seed_gives_another_phantom(generator: Generator) -> None:
    first, second = generator(3), generator(4)
    assert not np.array_equal(first.images, second.images)
    assert not np.array_equal(first.labels, second.labels)


@pytest.mark.parametrize(("generator", "share"), CASES)
def test_the_share_that_was_asked_for_is_reached(generator: Generator, share: float) -> None:
    labels = generator(5, foreground_share=share).labels
    assert np.count_nonzero(labels) == pytest.approx(share * labels.size, rel=0.05, abs=1)


@pytest.mark.parametrize("generator", LESIONS)
def test_a_lesion_of_contrast_0_leaves_no_trace(generator: Generator) -> None:
    small = generator(6, foreground_share=0.003, contrast=0)
    large = generator(6, foreground_share=0.02, contrast=0)
    assert not np.array_equal(small.labels, large.labels)
    np.testing.assert_array_equal(small.images, large.images)


@pytest.mark.parametrize("generator", LESIONS)
def test_more_contrast_changes_the_lesion_and_not_what_lies_far_from_it(generator: Generator) -> None:
    phantoms = [generator(7, contrast=contrast) for contrast in (0, 0.5, 1)]
    mask = phantoms[0].labels > 0
    far = ndimage.distance_transform_edt(~mask) > 20
    half, whole = (np.abs(phantom.images[0] - phantoms[0].images[0]) for phantom in phantoms[1:])
    assert 0 < half[mask].mean() < whole[mask].mean()
    assert whole[far].mean() < 0.02 * whole[mask].mean()


@pytest.mark.parametrize("generator", [multiple_sclerosis_phantom, white_matter_phantom])
def test_lesions_of_white_matter_come_in_many_small_pieces(generator: Generator) -> None:
    labels = generator(8, foreground_share=0.002, pieces=30).labels
    parts, count = ndimage.label(labels)
    sizes = np.sort(np.bincount(parts.ravel())[1:])
    assert 15 <= count <= 40
    assert np.median(sizes) < sizes[-1] / 3


def test_the_smallest_load_still_shows_as_single_voxels() -> None:
    labels = multiple_sclerosis_phantom(9, foreground_share=10 / (24 * 72 * 64), pieces=30).labels
    assert ndimage.label(labels, np.ones((3, 3, 3)))[1] == labels.sum() == 10


def test_lesions_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"foreground_share must be at most 0\.\d+, .* got 0\.9"):
        multiple_sclerosis_phantom(1, foreground_share=0.9)


def test_lesions_of_multiple_sclerosis_are_bright_in_flair_and_t2_and_dark_in_t1() -> None:
    without, sclerosis = (multiple_sclerosis_phantom(10, contrast=contrast) for contrast in (0, 1))
    change = (sclerosis.images - without.images)[:, sclerosis.labels > 0].mean(axis=1)
    flair, t1, t2, density, _ = change
    assert flair > 0.1
    assert t2 > flair
    assert density > 0.05
    assert t1 < -0.1


@pytest.mark.parametrize("generator", [multiple_sclerosis_phantom, white_matter_phantom])
def test_brightness_in_flair_alone_does_not_find_the_lesions(generator: Generator) -> None:
    dice = []
    for seed in range(4):
        phantom = generator(seed, foreground_share=0.005)
        mask = phantom.labels > 0
        brightest = phantom.images[0] >= np.quantile(phantom.images[0], 0.995)
        dice.append(2 * (brightest & mask).sum() / (brightest.sum() + mask.sum()))
    assert np.mean(dice) < 0.7


def test_the_other_pathology_is_label_2_and_no_hyperintensity() -> None:
    labels = white_matter_phantom(11, foreground_share=0.003, other_share=0.006).labels
    assert (labels == 1).sum() == pytest.approx(0.003 * labels.size, abs=1)
    assert (labels == 2).sum() == pytest.approx(0.006 * labels.size, abs=1)


def test_necrosis_lies_in_enhancing_tumour_and_that_in_oedema() -> None:
    for seed in range(3):
        labels = brain_tumour_phantom(seed, foreground_share=0.03).labels
        assert set(np.unique(labels)) == {0, 1, 2, 4}
        depth = ndimage.distance_transform_edt(labels > 0)
        assert depth[labels == 1].mean() > depth[labels == 4].mean() > depth[labels == 2].mean()
        touches = ndimage.binary_dilation(labels == 1) & (labels != 1)
        assert (labels[touches] == 4).mean() > 0.6


def test_only_an_enhancing_tumour_gains_brightness_from_gadolinium() -> None:
    gain = {}
    for enhancing in (True, False):
        without, tumour = (brain_tumour_phantom(12, enhancing=enhancing, contrast=contrast) for contrast in (0, 1))
        core = tumour.labels == (4 if enhancing else 1)
        gain[enhancing] = (tumour.images - without.images)[2, core].mean()
        assert (4 in tumour.labels) == enhancing
    assert gain[True] > 0.05
    assert gain[False] < 0


@pytest.mark.parametrize("generator", [multiple_sclerosis_phantom, brain_tumour_phantom])
def test_a_stripped_brain_is_0_in_every_modality_outside(generator: Generator) -> None:
    phantom = generator(13)
    background = phantom.images[0] == 0
    assert 0.4 < background.mean() < 0.8
    assert not phantom.images[:, background].any()
    assert not phantom.labels[background].any()


def test_a_stroke_lowers_flow_and_volume_delays_blood_and_hardly_shows_in_ct() -> None:
    without, stroke = (stroke_phantom(14, contrast=contrast) for contrast in (0, 1))
    mask = stroke.labels > 0
    ct, flow, volume, transit, delay = (stroke.images - without.images)[:, mask].mean(axis=1)
    usual = without.images[:, mask].mean(axis=1)
    assert -6 < ct < -1
    assert flow < -0.5 * usual[1]
    assert volume < -0.2 * usual[2]
    assert transit > 1
    assert delay > 4


def test_a_stroke_delays_blood_beyond_the_infarct() -> None:
    without, stroke = (stroke_phantom(15, contrast=contrast) for contrast in (0, 1))
    late = ndimage.gaussian_filter(stroke.images[4] - without.images[4], (0, 1, 1)) > 3
    assert late.sum() > 1.3 * (stroke.labels > 0).sum()


def test_a_stroke_stays_on_one_side() -> None:
    for seed in range(4):
        labels = stroke_phantom(seed, foreground_share=0.04).labels
        left, right = labels[..., 28:].sum(), labels[..., :28].sum()
        assert min(left, right) == 0


def test_a_brain_is_one_part_and_surrounded_by_dark_bone() -> None:
    phantom = brain_extraction_phantom(16)
    mask = phantom.labels > 0
    assert ndimage.label(mask)[1] == 1
    around = ndimage.binary_dilation(mask, iterations=2) & ~mask
    assert phantom.images[0][mask].mean() > 1.5 * phantom.images[0][around].mean()


def test_a_brain_of_contrast_0_looks_like_the_rest_of_the_head() -> None:
    phantom = brain_extraction_phantom(16, contrast=0)
    mask = phantom.labels > 0
    around = ndimage.binary_dilation(mask, iterations=2) & ~mask
    assert phantom.images[0][mask].mean() == pytest.approx(phantom.images[0][around].mean(), rel=0.08)


def test_the_shares_of_all_tissues_sum_to_1_everywhere() -> None:
    rng = np.random.default_rng(17)
    head = draw_head(rng, posed(rng, Space.around((24, 28, 24), (8, 8, 8))))
    np.testing.assert_allclose(sum(head.tissues.values()), 1)


def test_a_head_with_atrophy_has_more_fluid() -> None:
    fluid = []
    for atrophy in (0, 1):
        rng = np.random.default_rng(18)
        head = draw_head(rng, posed(rng, Space.around((24, 28, 24), (8, 8, 8))), atrophy)
        fluid.append(head.tissues["fluid"].sum())
    assert fluid[1] > 1.2 * fluid[0]


def test_an_ellipsoid_has_its_volume_and_the_level_of_a_ball_is_its_depth() -> None:
    where = Space.around((60, 60, 60), (1, 1, 1))
    inside = ellipsoid(where, (0, 0, 0), (10, 15, 20)) > 0
    assert inside.sum() == pytest.approx(4 / 3 * np.pi * 10 * 15 * 20, rel=0.01)
    ball = ellipsoid(where, (0, 0, 0), (20, 20, 20))
    np.testing.assert_allclose(ball, 20 - where.distance((0, 0, 0)), atol=0.01)
