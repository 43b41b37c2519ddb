"""Contact sheets of augmented cases and montages of data sets show the right slice, in the right colours."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

from segloss.data.case import IGNORED, Sample
from segloss.data.phantoms.dermoscopy import dermoscopy_phantom
from segloss.figures.contact_sheet import contact_sheet
from segloss.figures.contours import CLASS_COLOURS, IGNORED_COLOUR, fullest_slice, grey_range
from segloss.figures.montage import montage

SETTINGS = {"rotation_deg": 20, "flip": True, "brightness_sd": 0.5, "probability": {"brightness": 0.5}}


def pictures_in(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def colours_in(figure: Figure, panel: int) -> set[str]:
    contours = [c for c in figure.axes[panel].collections if any(len(path.vertices) for path in c.get_paths())]
    return {to_hex(colour).upper() for contour in contours for colour in contour.get_edgecolor()}


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.findobj(Legend) for text in legend.get_texts()]


def volume() -> tuple[np.ndarray, np.ndarray]:
    labels = np.zeros((5, 16, 16), dtype=np.uint8)
    labels[1, 4:7, 4:7] = 1
    labels[3, 3:12, 3:12], labels[3, 5:8, 5:8] = 1, 2
    return np.random.default_rng(0).normal(size=(2, 5, 16, 16)).astype(np.float32) + labels, labels


def test_the_fullest_slice_has_most_foreground_and_the_middle_one_stands_in_for_none():
    labels = volume()[1]
    assert fullest_slice(labels) == 3
    labels[0] = IGNORED
    assert fullest_slice(labels) == 3
    assert fullest_slice(np.zeros((5, 4, 4))) == 2


def test_an_even_image_has_a_grey_range_too():
    low, high = grey_range(np.full(9, 3.0))
    assert low < 3 < high


def test_a_contact_sheet_of_pictures_begins_each_row_with_the_case_as_it_is_in_colour():
    pictures, masks = zip(*(dermoscopy_phantom(seed, size=32) for seed in (1, 2)), strict=True)
    images = np.stack(pictures).transpose(0, 3, 1, 2) / 255
    figure = contact_sheet(images, np.stack(masks).astype(np.uint8), SETTINGS, 1, versions=3)
    shown = pictures_in(figure)
    assert len(shown) == 8
    np.testing.assert_allclose(shown[0], pictures[0] / 255, atol=1e-6)
    np.testing.assert_allclose(shown[4], pictures[1] / 255, atol=1e-6)
    assert all(not np.allclose(shown[0], version) for version in shown[1:4])


def test_a_contact_sheet_of_volumes_shows_their_fullest_slice_with_the_same_greys_along_a_row():
    image, labels = volume()
    figure = contact_sheet(image[None], labels[None], SETTINGS, 1, versions=2)
    np.testing.assert_allclose(pictures_in(figure)[0], image[0, 3])
    assert colours_in(figure, 0) == set(CLASS_COLOURS[:2])
    assert len({(picture.norm.vmin, picture.norm.vmax) for axes in figure.axes for picture in axes.images}) == 1


def test_a_contact_sheet_depends_on_its_seed_and_leaves_the_global_generator_alone():
    image, labels = volume()
    state = torch.random.get_rng_state()
    first, again, other = (pictures_in(contact_sheet(image[None], labels[None], SETTINGS, k)) for k in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_contact_sheet_says_with_which_amounts_it_was_made():
    image, labels = volume()
    figure = contact_sheet(image[None], labels[None], SETTINGS, 1)
    words = " ".join(text.get_text() for text in figure.findobj(Text))
    assert "rotation_deg 20, flip True, brightness_sd 0.5, probability of brightness 0.5" in words


def test_a_montage_of_volumes_has_a_plain_panel_and_one_with_borders_per_channel():
    image, labels = volume()
    ignored = np.zeros(labels.shape, dtype=bool)
    ignored[3, 13:15, 13:15] = True
    samples = {
        "a": Sample(image, labels, (5.0, 1.0, 1.0)),
        "b": Sample(image, labels, (5.0, 2.0, 1.0), ignored=ignored),
    }
    figure = montage(samples, "Volumes", ["T1", "FLAIR"], ["kidney", "tumour"])
    shown = pictures_in(figure)
    assert len(shown) == 6
    for picture, channel in zip(shown[:3], (0, 0, 1), strict=True):
        np.testing.assert_array_equal(picture, image[channel, 3])
    assert [colours_in(figure, panel) for panel in (0, 1, 2)] == [set(), set(CLASS_COLOURS[:2]), set(CLASS_COLOURS[:2])]
    assert colours_in(figure, 4) == {*CLASS_COLOURS[:2], IGNORED_COLOUR}
    assert [axes.get_title(loc="center") for axes in figure.axes[:3]] == ["plain T1", "T1", "FLAIR"]
    assert figure.axes[0].get_aspect() == 1
    assert figure.axes[3].get_aspect() == 2
    assert legend_of(figure) == ["kidney", "tumour", "left out of the evaluation"]


@pytest.mark.parametrize(("cases", "panels"), [(1, 2), (2, 4), (3, 8)])
def test_a_montage_of_colour_pictures_puts_two_cases_side_by_side(cases, panels):
    samples = {}
    for seed in range(cases):
        image, mask = dermoscopy_phantom(seed, size=32)
        samples[f"case{seed}"] = Sample(image.transpose(2, 0, 1), mask.astype(np.uint8))
    figure = montage(samples, "Skin", ["red", "green", "blue"], ["lesion"])
    shown = pictures_in(figure)
    assert len(shown) == 2 * cases
    assert len(figure.axes) == panels
    np.testing.assert_array_equal(shown[0], dermoscopy_phantom(0, size=32)[0])
    assert legend_of(figure) == ["lesion"]
