"""Volumes come out in one orientation whatever the file's own, and broken files are named."""

import gzip
import itertools
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest

from segloss.data.volumes import Volume, check_same_grid, read_labels, read_modalities, read_volume
from segloss.errors import InputError

# Of the patient, along right, anterior and superior: number of voxels, and millimetres from one to the next.
SIZE = {"R": 2, "A": 3, "S": 4}
SPACING = {"R": 0.5, "A": 2.0, "S": 3.0}
OPPOSITE = {"L": "R", "P": "A", "I": "S"}
AXIS_CODES = [
    "".join(codes) for order in itertools.permutations(("RL", "AP", "SI")) for codes in itertools.product(*order)
]


def write(path: Path, array: np.ndarray, affine: np.ndarray | None = None) -> Path:
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return path


def patient_as(codes: str) -> tuple[np.ndarray, np.ndarray]:
    """The same patient stored along the given axes: each voxel holds 100 right + 10 anterior + superior index."""
    axes = [OPPOSITE.get(code, code) for code in codes]
    array = np.zeros([SIZE[axis] for axis in axes], np.int16)
    affine = np.eye(4)
    affine[:3, :3] = 0
    for column, (code, axis) in enumerate(zip(codes, axes, strict=True)):
        row = "RAS".index(axis)
        affine[row, column] = SPACING[axis] if code == axis else -SPACING[axis]
        affine[row, 3] = 10 if code == axis else 10 + SPACING[axis] * (SIZE[axis] - 1)
    for index in np.ndindex(*array.shape):
        right, anterior, superior = (
            round((mm - 10) / SPACING[axis]) for axis, mm in zip("RAS", (affine @ [*index, 1])[:3], strict=True)
        )
        array[index] = 100 * right + 10 * anterior + superior
    return array, affine


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_all_48_orientations_give_the_same_volume(tmp_path: Path, codes: str) -> None:
    array, affine = patient_as(codes)
    assert "".join(nibabel.aff2axcodes(affine)) == codes
    volume = read_volume(write(tmp_path / "a.nii", array, affine))
    assert volume.array.shape == (4, 3, 2)
    for z, y, x in np.ndindex(4, 3, 2):
        assert volume.array[z, y, x] == 100 * (1 - x) + 10 * (2 - y) + z
    assert volume.spacing_mm == (3, 2, 0.5)


@pytest.mark.parametrize("codes", ["RAS", "IPL", "PIR"])
def test_each_voxel_keeps_its_place_in_the_scanner(tmp_path: Path, codes: str) -> None:
    array, affine = patient_as(codes)
    volume = read_volume(write(tmp_path / "a.nii", array, affine))
    for index in np.ndindex(*array.shape):
        [turned] = np.argwhere(volume.array == array[index])
        np.testing.assert_allclose(volume.affine @ [*turned, 1], affine @ [*index, 1])


def test_an_oblique_scan_is_turned_to_the_nearest_axes(tmp_path: Path) -> None:
    array, affine = patient_as("LPS")
    tilt = np.deg2rad(20)
    rotation = np.eye(4)
    rotation[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    volume = read_volume(write(tmp_path / "a.nii", array, rotation @ affine))
    np.testing.assert_array_equal(volume.array, array.T)
    assert volume.spacing_mm == (3, 2, 0.5)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float64", ">i2"])
def test_both_versions_compressed_or_not_are_read_as_float32(
    tmp_path: Path, name: str, kind: Callable[..., nibabel.Nifti1Image], dtype: str
) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    nibabel.save(kind(array, np.diag([-1, -1, 1, 1])), tmp_path / name)
    read = read_volume(tmp_path / name).array
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, array.T)


def test_slope_and_intercept_of_the_header_are_applied(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.full((2, 2, 2), 3, np.int16), np.eye(4))
    image.header.set_slope_inter(0.5, -1)
    image.header["vox_offset"] = 352
    # nibabel would divide by the slope when it saves, so the stored numbers are written as they are.
    (tmp_path / "a.nii").write_bytes(image.header.binaryblock + bytes(4) + np.full(8, 3, "<i2").tobytes())
    assert np.unique(read_volume(tmp_path / "a.nii").array).tolist() == [0.5]


@pytest.mark.parametrize("shape", [(2, 3, 4, 1), (2, 3, 4, 1, 1)])
def test_a_last_axis_of_one_is_dropped(tmp_path: Path, shape: tuple[int, ...]) -> None:
    assert read_volume(write(tmp_path / "a.nii", np.zeros(shape, np.int16))).array.shape == (4, 3, 2)


@pytest.mark.parametrize(("shape", "shown"), [((2, 3, 4, 5), "2x3x4x5"), ((2, 3), "2x3")])
def test_other_than_three_dimensions_are_refused(tmp_path: Path, shape: tuple[int, ...], shown: str) -> None:
    file = write(tmp_path / "a.nii", np.zeros(shape, np.int16))
    with pytest.raises(InputError, match=rf"^\S*a\.nii: shape {shown}, expected a volume of three dimensions"):
        read_volume(file)


def damaged(content: bytes, damage: str) -> bytes:
    """Content of a NIfTI file after something happened to it."""
    return {
        "cut short": content[:-9],
        "cut in the header": content[:100],
        "empty": b"",
        "a web page": b"<html>404 not found</html>" * 100,
        "of wrong magic": content[:344] + b"abcd" + content[348:],
    }[damage]


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("damage", ["cut short", "cut in the header", "empty", "a web page", "of wrong magic"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, damage: str) -> None:
    file = write(tmp_path / "good.nii", np.arange(1000, dtype=np.float32).reshape(10, 10, 10))
    content = damaged(file.read_bytes(), damage)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with pytest.raises(InputError, match=rf"{name}: expected a complete NIfTI volume, but it cannot be read"):
        read_volume(tmp_path / name)


@pytest.mark.parametrize("damage", ["cut short", "empty", "a web page"])
def test_a_damaged_archive_is_named(tmp_path: Path, damage: str) -> None:
    noise = np.random.default_rng(0).normal(size=(10, 10, 10)).astype(np.float32)
    file = write(tmp_path / "a.nii.gz", noise)
    file.write_bytes(damaged(file.read_bytes(), damage))
    with pytest.raises(InputError, match=r"a\.nii\.gz: expected a complete NIfTI volume, but it cannot be read"):
        read_volume(file)


def test_a_flipped_bit_in_an_archive_is_noticed(tmp_path: Path) -> None:
    file = write(tmp_path / "a.nii.gz", np.random.default_rng(0).normal(size=(10, 10, 10)).astype(np.float32))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.nii\.gz"):
        read_volume(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.nii: expected a complete NIfTI volume"):
        read_volume(tmp_path / "nowhere.nii")


def test_a_volume_of_another_format_is_refused(tmp_path: Path) -> None:
    nibabel.save(nibabel.MGHImage(np.zeros((2, 3, 4), np.float32), np.eye(4)), tmp_path / "a.mgz")
    with pytest.raises(InputError, match=r"a\.mgz: expected a complete NIfTI volume"):
        read_volume(tmp_path / "a.mgz")


def test_colours_are_refused(tmp_path: Path) -> None:
    colours = np.zeros((2, 3, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    with pytest.raises(InputError, match=r"a\.nii: expected a complete NIfTI volume"):
        read_volume(write(tmp_path / "a.nii", colours))


@pytest.mark.parametrize(("first", "value"), [(108, b"\0\0\x45\x43"), (42, b"\xff\xb8")], ids=["offset", "size"])
def test_an_impossible_header_is_named(tmp_path: Path, first: int, value: bytes) -> None:
    file = write(tmp_path / "a.nii", np.zeros((2, 3, 4), np.int16))
    content = file.read_bytes()
    file.write_bytes(content[:first] + value + content[first + len(value) :])
    with pytest.raises(InputError, match=r"a\.nii: expected a complete NIfTI volume"):
        read_volume(file)


def test_the_size_of_a_voxel_is_the_headers_where_the_affine_says_1_mm(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([-1.4, -1.4, 10, 1]))
    image.header["srow_x"], image.header["srow_y"], image.header["srow_z"] = np.diag([-1, -1, 1, 1])[:3]
    image.header["sform_code"], image.header["vox_offset"] = 1, 352
    (tmp_path / "a.nii").write_bytes(image.header.binaryblock + bytes(4) + np.arange(24, dtype="<i2").tobytes())
    assert nibabel.affines.voxel_sizes(nibabel.load(tmp_path / "a.nii").affine).tolist() == [1, 1, 1]
    assert read_volume(tmp_path / "a.nii").spacing_mm == (10, 1.4, 1.4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    array = np.zeros((2, 3, 4), np.float32)
    array[1, 1, 1] = value
    with pytest.raises(InputError, match=r"a\.nii: the volume holds NaN or infinite values, expected finite ones"):
        read_volume(write(tmp_path / "a.nii", array))


def test_an_affine_that_puts_all_voxels_into_one_plane_is_refused(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), None)
    image.header["sform_code"], image.header["vox_offset"] = 1, 352
    image.header["srow_x"] = image.header["srow_y"] = 1, 0, 0, 0
    (tmp_path / "a.nii").write_bytes(image.header.binaryblock + bytes(4 + 48))
    with pytest.raises(InputError, match=r"^\S*a\.nii: the header has no usable affine"):
        read_volume(tmp_path / "a.nii")


@pytest.mark.parametrize("noise", [1e-7, -1e-7, 4e-3])
def test_label_codes_with_the_noise_of_a_slope_are_rounded(tmp_path: Path, noise: float) -> None:
    stored = np.array([0, 1, 4, 2], np.float64).repeat(2).reshape(2, 2, 2) + noise
    labels = read_labels(write(tmp_path / "a.nii", stored, np.diag([-1, -1, 1, 1])), {0: 0, 1: 1, 2: 1, 4: 3})
    assert labels.array.dtype == np.uint8
    assert labels.array.T.ravel().tolist() == [0, 0, 1, 1, 3, 3, 1, 1]


@pytest.mark.parametrize(
    ("value", "shown"), [(3, "3"), (-1, "-1"), (65535, "65535"), (0.5, "values between whole numbers")]
)
def test_an_unknown_label_is_named_beside_the_known_ones(tmp_path: Path, value: float, shown: str) -> None:
    array = np.zeros((2, 3, 4), np.float32)
    array[0, 2, 3] = value
    with pytest.raises(InputError, match=rf"a\.nii: unknown label {shown}; expected only 0, 1, 4\.$"):
        read_labels(write(tmp_path / "a.nii", array), {0: 0, 1: 1, 4: 2})


def test_labels_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds NaN"):
        read_labels(write(tmp_path / "a.nii", np.full((2, 2, 2), np.nan, np.float32)), {0: 0})


def test_modalities_stored_along_different_axes_are_brought_together(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{codes}.nii", *patient_as(codes)) for codes in ("LPS", "LAS", "PIR")]
    image, first = read_modalities(files)
    assert image.shape == (3, 4, 3, 2)
    assert (image == first.array).all()


def test_modalities_of_the_same_shape_and_other_places_are_refused(tmp_path: Path) -> None:
    array, affine = patient_as("LPS")
    moved = affine.copy()
    moved[0, 3] += 5
    files = [write(tmp_path / "T1.nii", array, affine), write(tmp_path / "FLAIR.nii", array, moved)]
    message = (
        r"FLAIR\.nii: its affine puts voxels up to 10\.0 voxels from where T1\.nii has them, expected the same grid"
    )
    with pytest.raises(InputError, match=message):
        read_modalities(files)


def test_a_modality_of_another_shape_is_refused(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{size}.nii", np.zeros((2, 3, size), np.int16)) for size in (4, 5)]
    with pytest.raises(InputError, match=r"5\.nii: shape 5x3x2 in \(Z, Y, X\), expected 4x3x2 as 4\.nii"):
        read_modalities(files)


@pytest.mark.parametrize(("voxels", "same"), [(0.05, True), (0.2, False)])
def test_rounded_affines_are_the_same_grid_up_to_a_tenth_of_a_voxel(voxels: float, same: bool) -> None:
    reference = Volume(np.zeros((4, 3, 2)), np.diag([3.0, 2, 0.5, 1]))
    moved = reference.affine.copy()
    moved[0, 3] = 3 * voxels
    try:
        check_same_grid(Path("a.nii"), Volume(reference.array, moved), Path("b.nii"), reference)
    except InputError:
        assert not same
    else:
        assert same


def test_a_rotation_is_noticed_where_it_moves_voxels_most() -> None:
    reference = Volume(np.zeros((100, 100, 100)), np.eye(4))
    turned = np.eye(4)
    turned[:2, :2] = [[np.cos(0.01), -np.sin(0.01)], [np.sin(0.01), np.cos(0.01)]]
    with pytest.raises(InputError, match=r"up to 1\.4 voxels"):
        check_same_grid(Path("a.nii"), Volume(reference.array, turned), Path("b.nii"), reference)
