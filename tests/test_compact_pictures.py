import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from segloss.compact_pictures import compact_path, compact_png, compact_svg


@pytest.fixture(scope="module")
def svg() -> str:
    """A plot with letters, lines, markers and a clipped image with transparency, as matplotlib writes it."""
    fig = Figure(figsize=(4, 3))
    axes = fig.subplots()
    axes.plot(np.sin(np.linspace(0, 6, 50)), marker="o")
    axes.scatter([1, 2], [0.1, 0.2], alpha=0.3, rasterized=True)
    axes.set_title("A title")
    buffer = io.StringIO()
    with plt.rc_context({"svg.hashsalt": "salt"}):
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def png(pixels: np.ndarray, **options) -> bytes:
    """A PNG file of an array."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", **options)
    return buffer.getvalue()


def positions(path: str) -> list[tuple[float, float]]:
    """The points of a path of the commands m, l, h, v and z, however it is written."""
    found, x, y = [], 0.0, 0.0
    for command, numbers in re.findall(r"([MmLlhvz])([^MmLlhvz]*)", path):
        values = [float(n) for n in re.findall(r"-?\d*\.?\d+", numbers)]
        while values:
            dx = 0.0 if command == "v" else values.pop(0)
            dy = 0.0 if command == "h" else values.pop(0)
            x, y = (dx, dy) if command in "ML" else (x + dx, y + dy)
            found.append((x, y))
    return found


def test_points_of_a_path_stay_where_they_were_to_half_of_the_last_digit():
    rng = np.random.default_rng(0)
    points = rng.normal(0, 100, (200, 2))
    path = "M " + "\nL ".join(f"{x:.6f} {y:.6f}" for x, y in points)
    assert np.abs(np.array(positions(compact_path(path, 2))) - points).max() < 0.0051


def test_steps_of_a_curve_all_start_from_its_first_point():
    assert compact_path("M 10 10 C 11 12 13 14 15 16 Q 16 17 18 19", 2) == "m10 10c1 2 3 4 5 6q1 1 3 3"


def test_after_closing_a_path_the_next_step_starts_from_its_beginning():
    assert compact_path("M 1 1 L 5 1 L 5 5 z M 2 2", 2) == "m1 1h4v4zm1 1"


@pytest.mark.parametrize("path", ["M 1 2 L 3 4 5 6", "m1 1h4", "M 1 1 A 2 2 0 0 1 3 3"])
def test_a_path_of_other_commands_is_left_alone(path):
    assert compact_path(path, 2) == path


def test_a_drawing_has_less_than_half_of_its_bytes(svg):
    assert len(compact_svg(svg)) < len(svg) / 2


def test_compacting_twice_changes_nothing_more(svg):
    once = compact_svg(svg)
    assert compact_svg(once) == once


def test_every_name_that_a_drawing_refers_to_is_defined_once(svg):
    text = compact_svg(svg)
    defined = re.findall(r'\bid="([^"]+)"', text)
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', text)) == set(defined)
    assert len(defined) == len(set(defined))


def test_size_and_number_of_drawn_things_stay(svg):
    text = compact_svg(svg)
    assert re.search(r'width="[^"]+" height="[^"]+" viewBox="[^"]+"', text)[0] in svg
    assert text.count("<use ") == svg.count("<use ")
    assert text.count("<path ") == svg.count("<path ")


def test_few_colours_are_kept_exactly_and_the_resolution_too():
    pixels = np.random.default_rng(0).choice(np.array([0, 80, 255], np.uint8), (50, 60, 3))
    with Image.open(io.BytesIO(compact_png(png(pixels, dpi=(160, 160))))) as picture:
        assert picture.info["dpi"] == pytest.approx((160, 160), abs=0.1)
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), pixels)


def test_of_many_colours_none_is_far_off_and_white_stays_white():
    shades = np.indices((128, 128)).transpose(1, 2, 0).astype(np.uint8)
    pixels = np.dstack([shades, np.full((128, 128, 1), 90, np.uint8)])
    pixels[:20] = 255
    with Image.open(io.BytesIO(compact_png(png(pixels)))) as picture:
        reduced = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(reduced - pixels).max() <= 16
    assert (reduced[:20] == 255).all()


def test_transparency_stays():
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:20] = [200, 30, 30, 90]
    with Image.open(io.BytesIO(compact_png(png(pixels)))) as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("RGBA"))[..., 3], pixels[..., 3])
