"""The picture that comes with a mask of one's own image."""

import numpy as np
import pytest

from segloss.data.case import Sample
from segloss.figures.overlay import largest_structure, overlay, planes


def shown(figure) -> list[str]:
    """The heads of the panels."""
    return [axes.get_title(loc="center") for axes in figure.axes]


def picture(side: int) -> Sample:
    """A picture of 60 x 60 pixels with a square of this side."""
    labels = np.zeros((60, 60), np.uint8)
    labels[20 : 20 + side, 30 : 30 + side] = 1
    return Sample(np.full((3, 60, 60), 90, np.uint8), labels)


def volume() -> Sample:
    """Eight slices of 12 x 10 voxels; label 2 fills one voxel, high up (Z 7), in front (Y 1), on the right (X 2)."""
    labels = np.zeros((8, 12, 10), np.uint8)
    labels[7, 1, 2] = 2
    return Sample(np.arange(960, dtype=np.float32).reshape(1, 8, 12, 10), labels, (4.0, 1.0, 2.0))


@pytest.mark.parametrize(("side", "heads"), [(4, ["image", "prediction", "magnified"]), (40, ["image", "prediction"])])
def test_a_small_structure_is_magnified_and_a_large_one_is_not(side, heads):
    figure = overlay(picture(side), "mole", ("red", "green", "blue"), ("lesion",), "Note.")
    assert shown(figure) == heads


def test_an_image_in_which_nothing_was_found_is_shown_all_the_same():
    figure = overlay(picture(0), "mole", ("red", "green", "blue"), ("lesion",), "Nothing found.")
    assert shown(figure) == ["image", "prediction"]


def test_the_planes_go_through_the_structure_with_the_head_up():
    views = planes(volume())
    assert {head: view.spacing_mm for head, view in views.items()} == {
        "axial": (1.0, 2.0),
        "coronal": (4.0, 2.0),
        "sagittal": (4.0, 1.0),
    }
    places = {head: np.argwhere(view.labels == 2).tolist() for head, view in views.items()}
    assert places == {"axial": [[1, 2]], "coronal": [[0, 2]], "sagittal": [[0, 1]]}
    assert views["coronal"].image[0, 0, 2] == volume().image[0, 7, 1, 2]


def test_the_note_and_every_class_stand_below_the_picture():
    figure = overlay(volume(), "scan", ("T1", "T2"), ("shell", "core"), "Trained on phantoms: no use on patients.")
    [legend] = [legend for part in figure.subfigs for legend in part.legends]
    assert [text.get_text() for text in legend.get_texts()] == ["shell", "core"]
    assert "no use on patients" in legend.get_title().get_text()
    assert figure.subfigs[0].get_suptitle() == "scan (T1)"


def test_the_largest_structure_is_the_one_with_most_connected_pixels():
    labels = np.array([[1, 0, 2, 2], [0, 0, 1, 0], [1, 1, 0, 0]])
    assert largest_structure(labels).tolist() == (np.array([[0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0]]) > 0).tolist()
    assert not largest_structure(np.zeros((3, 3))).any()
