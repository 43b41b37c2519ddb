from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from segloss.data.phantoms import dermoscopy_phantom, layouts
from segloss.data.phantoms.layouts import skin
from segloss.data.readers import READERS

SHARES = [0.01, 0.03, 0.2, 0.7, 0.9]


@pytest.mark.parametrize("share", SHARES)
def test_a_lesion_covers_the_share_that_was_asked_for(share: float) -> None:
    found = [dermoscopy_phantom(seed, 64, share)[1].mean() for seed in range(7)]
    assert np.median(found) == pytest.approx(share, rel=0.03)
    assert found == pytest.approx([share] * 7, rel=0.1)


@pytest.mark.parametrize("share", SHARES)
def test_a_lesion_is_one_part_without_holes(share: float) -> None:
    for seed in range(5):
        mask = dermoscopy_phantom(seed, 64, share)[1]
        assert ndimage.label(mask)[1] == 1
        assert np.array_equal(ndimage.binary_fill_holes(mask), mask)


def test_the_same_seed_gives_the_same_phantom() -> None:
    first, second = dermoscopy_phantom(3, 48), dermoscopy_phantom(3, 48)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_another_seed_gives_another_phantom() -> None:
    assert not np.array_equal(dermoscopy_phantom(3, 48)[0], dermoscopy_phantom(4, 48)[0])


def test_a_lesion_is_darker_than_the_skin_around_it() -> None:
    for seed in range(10):
        image, mask = dermoscopy_phantom(seed, 64, 0.15)
        ring = ndimage.binary_dilation(mask, iterations=8) & ~ndimage.binary_dilation(mask, iterations=3)
        assert np.median(image[..., 2][mask]) < np.median(image[..., 2][ring])


def test_brightness_alone_does_not_find_the_lesion() -> None:
    dice = []
    for seed in range(20):
        image, mask = dermoscopy_phantom(seed, 64, 0.15)
        darkest = image.sum(-1) <= np.quantile(image.sum(-1), 0.15)
        dice.append(2 * (darkest & mask).sum() / (darkest.sum() + mask.sum()))
    assert 0.3 < np.mean(dice) < 0.8


def test_without_contrast_the_shape_of_a_lesion_leaves_no_trace() -> None:
    for seed in range(3):
        (image, mask), (same, other_mask) = (
            dermoscopy_phantom(seed, 64, irregularity=irregularity, contrast=0) for irregularity in (0.05, 0.4)
        )
        assert not np.array_equal(mask, other_mask)
        np.testing.assert_array_equal(image, same)


def test_a_more_irregular_border_is_longer() -> None:
    def border(irregularity: float) -> float:
        masks = [dermoscopy_phantom(seed, 96, 0.2, irregularity)[1] for seed in range(4)]
        return float(np.mean([(mask & ~ndimage.binary_erosion(mask)).sum() for mask in masks]))

    assert border(0.35) > 1.2 * border(0.05)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Phantoms that are written of each group: the smallest lesion, the largest, and one between."""
    count = 3
    few_of_each = tuple(replace(group, numbers=group.numbers[:count]) for group in skin.GROUPS)
    monkeypatch.setattr(skin, "GROUPS", few_of_each)
    sets = {group.dataset for group in few_of_each}
    monkeypatch.setattr(layouts, "WRITERS", {name: layouts.WRITERS[name] for name in sorted(sets)})
    return count


def test_the_sets_have_their_numbers_of_phantoms() -> None:
    counts = [(group.dataset, len(group.numbers)) for group in skin.GROUPS]
    assert counts == [("scd", 24), ("scd", 21), ("isic2016", 72), ("isic2017", 72), ("isic2018", 72)]


SETS = [("scd", "melanoma"), ("scd", "nonmelanoma"), ("isic2016", "all"), ("isic2017", "all"), ("isic2018", "all")]


def test_the_phantoms_lie_in_the_official_layouts(tmp_path: Path, few: int) -> None:
    layouts.write_phantoms(tmp_path)
    for dataset, subset in SETS:
        listing = READERS[dataset].find(tmp_path / dataset, subset)
        assert len(listing.cases) == few
        assert not listing.faults


def test_each_folder_says_that_its_files_are_made_by_computer(tmp_path: Path, few: int) -> None:
    layouts.write_phantoms(tmp_path)
    notes = {folder.name: (folder / "PHANTOM.txt").read_text() for folder in tmp_path.iterdir()}
    assert notes.keys() == {"scd", "isic2016", "isic2017", "isic2018"}
    assert all("made by a computer" in note for note in notes.values())


def test_the_lesions_cover_3_to_70_percent(tmp_path: Path, few: int) -> None:
    layouts.write_phantoms(tmp_path)
    reader = READERS["isic2018"]
    samples = [reader.read(case) for case in reader.find(tmp_path / "isic2018", "all").cases]
    shares = sorted(float(sample.labels.mean()) for sample in samples)
    assert shares == pytest.approx([0.03, np.sqrt(0.03 * 0.7), 0.7], rel=0.1)
    assert not any(sample.grey_mask for sample in samples)


def test_all_phantoms_together_stay_below_two_megabytes(tmp_path: Path, few: int) -> None:
    layouts.write_phantoms(tmp_path)
    written = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    pairs = 24 + 21 + 3 * 72
    assert written / (5 * few) * pairs < 2e6


def test_the_phantoms_are_the_same_bytes_when_written_again(tmp_path: Path, few: int) -> None:
    for root in ("first", "second"):
        layouts.write_phantoms(tmp_path / root)
    files = [file for file in (tmp_path / "first").rglob("*") if file.is_file()]
    assert len(files) == 4 + 5 * 2 * few
    for file in files:
        again = tmp_path / "second" / file.relative_to(tmp_path / "first")
        assert file.read_bytes() == again.read_bytes()
