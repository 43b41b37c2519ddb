from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segloss.data.pictures import read_codes, read_image, read_mask
from segloss.errors import InputError

# Three foreground pixels of a 2x3 mask.
TRUTH = np.array([[1, 1, 0], [0, 1, 0]], np.uint8)


def test_an_image_is_read_channels_first(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    np.testing.assert_array_equal(read_image(tmp_path / "image.png"), pixels.transpose(2, 0, 1))


def test_an_image_may_be_read_as_one_channel_of_brightness(tmp_path: Path) -> None:
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    Image.fromarray(grey).convert("RGB").save(tmp_path / "image.png")
    np.testing.assert_array_equal(read_image(tmp_path / "image.png", "L"), grey[None])


@pytest.mark.parametrize("mode", ["L", "1", "RGB", "RGBA", "P", "I;16"])
def test_a_mask_of_any_mode_is_read_by_its_brightness(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray(TRUTH * np.uint8(255))
    picture = Image.fromarray(TRUTH.astype(np.uint16) * 65535) if mode == "I;16" else grey.convert(mode)
    picture.save(tmp_path / "mask.png")
    mask, grey_mask = read_mask(tmp_path / "mask.png")
    np.testing.assert_array_equal(mask, TRUTH)
    assert not grey_mask


def test_a_palette_with_inverted_indices_is_read_by_its_colours(tmp_path: Path) -> None:
    picture = Image.fromarray(1 - TRUTH)
    picture.putpalette([255, 255, 255, 0, 0, 0])
    picture.save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png")[0], TRUTH)


def test_grey_values_are_thresholded_above_127_and_reported(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8)).save(tmp_path / "mask.png")
    mask, grey_mask = read_mask(tmp_path / "mask.png")
    assert mask.tolist() == [[0, 0, 1, 1]]
    assert grey_mask


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16])
def test_label_codes_are_read_as_they_are_stored(tmp_path: Path, dtype: type) -> None:
    codes = np.array([[0, 1], [1, 0]]) if dtype is bool else np.array([[0, 1], [2, 255]])
    Image.fromarray(codes.astype(dtype)).save(tmp_path / "labels.png")
    np.testing.assert_array_equal(read_codes(tmp_path / "labels.png"), codes)


@pytest.mark.parametrize("mode", ["P", "RGB", "RGBA"])
def test_label_codes_in_colour_are_refused(tmp_path: Path, mode: str) -> None:
    Image.fromarray(TRUTH).convert(mode).save(tmp_path / "labels.png")
    with pytest.raises(InputError, match=rf"labels\.png: .* mode is {mode}, expected grey values"):
        read_codes(tmp_path / "labels.png")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_jpeg_stops_instead_of_being_filled_with_grey(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "image.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match=r"image\.jpg: expected a complete image"):
        read_image(path)


@pytest.mark.parametrize("content", [b"", b"not a picture"])
def test_a_file_that_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mask.png").write_bytes(content)
    with pytest.raises(InputError, match=r"mask\.png: expected a complete image"):
        read_mask(tmp_path / "mask.png")
    with pytest.raises(InputError, match=r"mask\.png: expected a complete image"):
        read_codes(tmp_path / "mask.png")
