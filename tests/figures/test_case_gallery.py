"""The gallery of test cases, of one class and of several, of phantoms and of real data."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from segloss import figures
from segloss.figures import style
from segloss.figures.case_gallery import RIGHT, WRONG
from segloss.figures.examples import Examples, count_map, mean_dice

ARM = "cross_entropy"
BOTH = ("labels", "errors")


def texts(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def pictures_in(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def examples_of(kind: str, classes: int, corner: int = 0) -> Examples:
    """A square of the last class, predicted one row too low; ``corner`` is the true label of the first pixel."""
    labels = np.zeros((1, 8, 8), dtype=np.uint8)
    labels[0, 2:6, 2:6] = classes
    wrong = np.roll(labels, 1, axis=1)
    labels[0, 0, 0] = corner
    probs = np.eye(classes + 1)[wrong].transpose(0, 3, 1, 2) if classes > 1 else (wrong > 0).astype(float)
    images = np.full((1, 8, 8, 3), 77, dtype=np.uint8)
    return Examples("ACDC", kind, images, labels, {ARM: probs}, classes=tuple("abc"[:classes]))


def gallery_of(examples: Examples, rows: tuple[str, ...] = ("errors",)) -> Figure:
    return figures.gallery(examples, "ACDC", [ARM, "dice"], 4, rows=rows)


@pytest.mark.parametrize(("classes", "rows"), [(1, ("errors",)), (1, ("errors", "probability")), (3, BOTH)])
def test_pixels_of_real_images_are_not_shown_and_those_of_phantoms_are(classes, rows):
    for kind, shown in (("phantom", True), ("subset", False), ("paper", False)):
        pictures = pictures_in(gallery_of(examples_of(kind, classes), rows))
        assert any(np.array_equal(p, np.full((8, 8, 3), 77)) for p in pictures) == shown
        assert len(pictures) == shown + 1 + len(rows)


def test_errors_of_one_class_have_the_four_colours_of_counts():
    shown = {
        tuple(colour)
        for picture in pictures_in(gallery_of(examples_of("subset", 1)))
        for colour in picture.reshape(-1, 3)
    }
    assert shown == {to_rgb(colour) for colour in style.COUNT_COLOURS.values()}


def test_wrong_labels_of_several_classes_are_marked():
    errors = pictures_in(gallery_of(examples_of("subset", 3), BOTH))[-1]
    assert np.isclose(errors, to_rgb(WRONG)).all(axis=-1).sum() == 8  # a square of 4 moved by one row
    assert np.isclose(errors, to_rgb(RIGHT)).all(axis=-1).sum() == 12


@pytest.mark.parametrize("classes", [1, 3])
def test_pixels_nobody_judges_are_neither_foreground_nor_an_error(classes):
    plain = examples_of("subset", classes)
    unjudged = examples_of("subset", classes, corner=255)
    found = np.zeros_like(unjudged.labels[0], dtype=bool)
    found[0, 0] = True
    probs = unjudged.probs[ARM].copy()
    if classes > 1:
        probs[0, :, 0, 0] = np.eye(classes + 1)[classes]
    else:
        probs[0, 0, 0] = 1
    figure = gallery_of(replace(unjudged, probs={ARM: probs}))
    for ours, expected in zip(pictures_in(figure), pictures_in(gallery_of(plain)), strict=True):
        np.testing.assert_array_equal(ours, expected)
    assert "Dice 0.75" in texts(figure)  # 2 * 12 / (16 + 16)


def test_several_classes_are_named_in_the_legend():
    words = texts(gallery_of(examples_of("phantom", 3), BOTH))
    assert all(f"| {word}" in words for word in ("a", "b", "c", "right label", "wrong label"))
    assert "border of the truth" not in words


def test_probabilities_of_real_data_are_shown_in_five_steps():
    fine = {ARM: np.linspace(0, 1, 64).reshape(1, 8, 8)}
    rows = ("errors", "probability")
    real, phantom = (
        pictures_in(gallery_of(replace(examples_of(kind, 1), probs=fine), rows))[-1] for kind in ("subset", "phantom")
    )
    assert np.unique(real).tolist() == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_array_equal(phantom, fine[ARM][0])


def test_the_probability_of_several_classes_is_that_of_any_foreground():
    shown = pictures_in(gallery_of(examples_of("subset", 3), ("probability",)))[-1]
    np.testing.assert_array_equal(shown, np.roll(examples_of("subset", 3).labels[0] > 0, 1, axis=0))


def test_rows_are_named_where_there_are_several():
    assert "probability" in texts(gallery_of(examples_of("subset", 1), ("errors", "probability")))
    assert "errors" not in texts(gallery_of(examples_of("subset", 1)))


def test_a_small_area_is_not_rounded_to_nothing():
    examples = examples_of("subset", 1)
    labels = np.zeros_like(examples.labels)
    labels[0, 0, 0] = 1
    assert "area 1.6%" in texts(gallery_of(replace(examples, labels=labels)))


def test_without_predictions_the_gallery_says_so():
    assert "No predictions" in texts(gallery_of(Examples.none()))


def test_an_error_map_colours_each_kind_of_pixel():
    prediction, truth = np.array([[True, True, False, False]]), np.array([[True, False, True, False]])
    expected = [to_rgb(style.COUNT_COLOURS[kind]) for kind in ("TP", "FP", "FN", "TN")]
    np.testing.assert_allclose(count_map(prediction, truth)[0], expected)


def test_the_dice_of_a_slice_counts_an_invented_class_as_nothing():
    truth = np.array([1, 1, 0, 0])
    assert mean_dice(np.array([1, 1, 0, 2]), truth) == pytest.approx(0.5)
    assert np.isnan(mean_dice(np.zeros(4), np.zeros(4)))


def test_examples_are_read_with_kind_and_classes(tmp_path):
    arrays = {"cases": np.array(["a"]), "images": np.zeros((1, 4, 4, 3), np.uint8), "labels": np.ones((1, 4, 4))}
    np.savez(tmp_path / "examples.npz", **arrays, probs_dice=np.ones((1, 4, 4), np.float16))
    (tmp_path / "provenance.json").write_text('{"title": "ISIC 2018", "kind": "subset", "classes": ["lesion"]}')
    examples = figures.load_examples(tmp_path)
    assert (examples.kind, list(examples.probs), examples.classes) == ("subset", ["dice"], ("lesion",))


def test_no_examples_tell_a_data_set_without_any_from_a_run_that_is_still_to_come(tmp_path):
    (tmp_path / "kappa/isic2018").mkdir(parents=True)
    evaluated, to_come = (figures.load_examples(tmp_path / paper / "isic2018") for paper in ("kappa", "boundary"))
    assert (evaluated.arms, to_come.arms) == ((), ())
    assert evaluated.why_none == "No predictions for this data set at this scale."
    assert "`make reproduce PAPER=boundary` makes them" in to_come.why_none
