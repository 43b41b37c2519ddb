"""Files made to harm whoever opens them, one by one: each ends in one sentence, before it takes memory or time.

Random damage is the business of test_fuzzing.py.
"""

import gzip
import io
import json
import os
import resource
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import nibabel
import numpy as np
import pytest
from PIL import Image

from segloss.data import declared_sizes
from segloss.data.case import Case, Fault, Listing, Sample
from segloss.data.faults import contradictions
from segloss.data.files import visible_files
from segloss.data.pictures import read_image
from segloss.data.readers import READERS
from segloss.data.readers.nnunet_description import read_description
from segloss.data.view import View
from segloss.data.volumes import read_volume
from segloss.errors import InputError

TERABYTE = 10**12


@pytest.fixture
def one_more_gigabyte() -> Iterator[None]:
    """The process may grow by 1 GiB and no further, so that memory taken for a claim fails instead of filling it."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the limit on memory is that of Linux")
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**30, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def claiming(path: Path, shape: tuple[int, ...], dtype: str = "uint8", voxels: int = 100) -> Path:
    """A NIfTI file whose header asks for a shape, and which has less behind it."""
    kind = nibabel.Nifti1Image if max(shape) < 2**15 else nibabel.Nifti2Image
    header = kind.header_class()
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    header["vox_offset"] = header.single_vox_offset
    content = header.binaryblock.ljust(header.single_vox_offset, b"\0") + bytes(voxels)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.usefixtures("one_more_gigabyte")
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("shape", [(30_000, 30_000, 30_000), (2000, 2000, 500), (10**6, 10**6, 10**6)])
def test_a_volume_that_asks_for_more_than_its_file_can_hold_is_refused(
    tmp_path: Path, name: str, shape: tuple[int, ...]
) -> None:
    with pytest.raises(InputError, match=rf"{name}: expected a complete NIfTI volume.*its header asks for [\d,]+ "):
        read_volume(claiming(tmp_path / name, shape))


@pytest.mark.usefixtures("one_more_gigabyte")
def test_of_a_file_that_goes_on_behind_its_voxels_only_these_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    nibabel.save(nibabel.Nifti1Image(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.eye(4)), path)
    os.truncate(path, TERABYTE)  # a hole, which takes no disk
    assert read_volume(path).array.sum() == np.arange(24).sum()


def test_a_ct_as_large_as_they_come_is_not_too_large() -> None:
    voxels = 512 * 512 * 1500
    assert declared_sizes.check_claim((512, 512, 1500), 2, stored=voxels // 2) == 2 * voxels


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_voxels_that_are_no_real_numbers_are_refused(tmp_path: Path, dtype: str) -> None:
    nibabel.save(nibabel.Nifti1Image(np.ones((2, 2, 2), dtype), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(InputError, match=rf"its voxels are {dtype}, not real numbers"):
        read_volume(tmp_path / "a.nii")


def test_values_at_the_end_of_what_can_be_computed_with_are_refused(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.full((2, 2, 2), -1e35, np.float32), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(InputError, match=r"values from -1e\+35 to -1e\+35, expected none beyond 1e\+30"):
        read_volume(tmp_path / "a.nii")


@pytest.mark.parametrize("size_mm", [1e-7, 1e5, 1e200])
def test_voxels_of_a_size_that_no_scanner_has_are_refused(tmp_path: Path, size_mm: float) -> None:
    affine = np.diag([size_mm, 1e4, 1e4, 1])
    nibabel.save(nibabel.Nifti2Image(np.ones((2, 2, 2), np.int16), affine), tmp_path / "a.nii")
    with pytest.raises(InputError, match=r"a\.nii: voxels of .* mm, expected 1e-05 to 10000 mm"):
        read_volume(tmp_path / "a.nii")


def test_a_case_that_would_fill_memory_on_the_grid_of_its_networks_is_refused() -> None:
    thin = Sample(np.zeros((1, 10**6, 1, 1), np.float32), np.zeros((10**6, 1, 1), np.uint8), (1, 1, 1))
    view = View.of({"kind": "slices", "intensity": "unit_range", "image_size": 256}, {})
    with pytest.raises(InputError, match="1000000x256x256 voxels where the networks see it, expected at most"):
        view.prepare(thin, classes=1)


def test_a_document_that_calls_itself_a_picture_is_not_handed_to_its_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gs", "gswin64c"):  # what Pillow starts for PostScript
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.jpg")
    with pytest.raises(InputError, match=r"a\.jpg: expected a complete image file"):
        read_image(tmp_path / "a.jpg")
    assert not (tmp_path / "started").exists()


@pytest.mark.usefixtures("one_more_gigabyte")
def test_a_picture_of_more_pixels_than_any_camera_takes_is_refused_unread(tmp_path: Path) -> None:
    Image.new("1", (60, 60)).save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.png: expected a complete image file.*3600000000 pixels"):
        read_image(tmp_path / "a.png")


def test_a_photograph_of_48_million_pixels_is_read(tmp_path: Path) -> None:
    Image.new("L", (8000, 6000), 7).save(tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg", "L").shape == (1, 6000, 8000)


def transunet(folder: Path, write: Callable[[h5py.File], None]) -> Path:
    """A test volume whose image is what the function writes."""
    path = folder / "test_vol_h5/case0001.npy.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        file["label"] = np.zeros((2, 4, 4))
        write(file)
    return path


def of_other_file(file: h5py.File) -> None:
    file["image"] = h5py.ExternalLink("secret.h5", "image")


def of_raw_bytes(file: h5py.File) -> None:
    file.create_dataset("image", (2, 4, 4), "u1", external=[("/etc/hostname", 0, 32)])


def of_several_files(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((2, 4, 4), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "image", (2, 4, 4))
    file.create_virtual_dataset("image", layout)


def of_nothing(file: h5py.File) -> None:
    file.create_dataset("image", (10**5, 10**5, 10**5), "f4", chunks=(1, 100, 100))


@pytest.mark.usefixtures("one_more_gigabyte")
@pytest.mark.parametrize("write", [of_other_file, of_raw_bytes, of_several_files, of_nothing], ids=lambda f: f.__name__)
def test_an_hdf5_file_that_is_not_all_there_is_refused(tmp_path: Path, write: Callable[[h5py.File], None]) -> None:
    path = transunet(tmp_path, write)
    [case] = READERS["synapse"].find(tmp_path, "all").cases
    with pytest.raises(InputError, match=rf"{path.name}: expected the arrays image and label"):
        READERS["synapse"].read(case)


@pytest.mark.usefixtures("one_more_gigabyte")
def test_a_numpy_file_that_asks_for_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train_npz/case0005_slice000.npz"
    path.parent.mkdir()
    array = io.BytesIO()
    np.lib.format.write_array_header_1_0(array, {"descr": "<f4", "fortran_order": False, "shape": (44444, 44444)})
    with zipfile.ZipFile(path, "w") as file:
        for name in ("image", "label"):
            file.writestr(f"{name}.npy", array.getvalue() + bytes(64))
    [case] = READERS["synapse"].find(tmp_path, "all").cases
    with pytest.raises(InputError, match=r"its header asks for [\d,]+ bytes, more than 192 stored ones can hold"):
        READERS["synapse"].read(case)


def test_a_file_of_empty_lines_takes_no_more_time_than_its_length(tmp_path: Path) -> None:
    patient = tmp_path / "patient001"
    patient.mkdir()
    (patient / "Info.cfg").write_text("\n" * 10**6 + "ED: 1\nES: 7\n", encoding="utf-8")
    start = time.process_time()
    listing = READERS["acdc"].find(tmp_path, "all")
    assert time.process_time() - start < 5
    assert "frame01.nii.gz" in listing.faults[0].reason


def test_a_frame_whose_number_no_file_name_can_hold_is_no_frame(tmp_path: Path) -> None:
    patient = tmp_path / "patient001"
    patient.mkdir()
    (patient / "Info.cfg").write_text(f"ED: {'1' * 5000}\nES: 7\n", encoding="utf-8")
    assert "no frame is named for ED" in READERS["acdc"].find(tmp_path, "all").faults[0].reason


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"background": 0, "\udc80": 1}, r"'\\udc80' of labels cannot be printed"),
        ({"background": 0, "\x1b[2J": 1}, r"'\\x1b\[2J' of labels cannot be printed"),
        ({"0": "background", "1": "a\nb"}, r"'1' of labels cannot be printed"),
        ({"0": "background", "1" * 5000: "a"}, r"111111111\.\.\. is no label code"),
    ],
)
def test_names_that_no_report_could_hold_are_refused(tmp_path: Path, labels: dict, message: str) -> None:
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps({"channel_names": {"0": "CT"}, "labels": labels}), encoding="utf-8")
    with pytest.raises(InputError, match=rf"dataset\.json: {message}"):
        read_description(path)


def test_brackets_nested_without_end_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text("[" * 10**6, encoding="utf-8")
    with pytest.raises(InputError, match=r"dataset\.json: expected a JSON file"):
        read_description(tmp_path / "dataset.json")


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2J", "a\udcff"])
def test_a_file_name_that_no_report_could_hold_is_a_contradiction(name: str) -> None:
    case = Case("a", "a", (Path(name),), (Path("m.png"),))
    left_out = Fault("b", f"{name}: missing", "left_out")
    faults = list(contradictions(Listing([case], [left_out])))
    assert [fault.kind for fault in faults] == ["stop", "stop"]
    assert all(fault.reason.isprintable() for fault in faults)


def test_folders_linked_in_a_circle_are_walked_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.png").touch()
    for name in ("x", "y", "z"):
        (tmp_path / "a" / name).symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / name).symlink_to(tmp_path / "a", target_is_directory=True)
    found = [path.relative_to(tmp_path).as_posix() for path in visible_files(tmp_path)]
    assert found == ["a/1.png", "x/1.png", "y/1.png", "z/1.png"]
