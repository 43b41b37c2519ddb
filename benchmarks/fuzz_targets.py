"""Small valid data sets, one for each format and reader, each with the one file that is to be damaged.

They are phantoms out of the repository's own store, so they need no pull; formats that no phantom has are made of them.
"""

import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import yaml
from PIL import Image

ROOT = Path(__file__).parents[1]
STORE = ROOT / ".dvcstore/files/md5"
# Sizes, types, slopes, offset, codes and affines: all of a NIfTI-1 header that says how to read what follows.
NIFTI_FIELDS = (0, *range(40, 56, 2), 70, 72, *range(76, 108, 4), 108, 112, 116, 123, *range(252, 328, 4), 344, 348)
PICTURE_FIELDS = tuple(range(2, 64))
HDF5_FIELDS = tuple(range(0, 2000))


@dataclass(frozen=True)
class Target:
    """A valid data set.

    Args:
        format: Of the file that is damaged.
        dataset: Whose layout it has, a name of params.yaml.
        files: Content of each file, by its path below the data set's folder.
        place: The file that is damaged.
        fields: Places in it where a number says how to read the rest.
        packed: Makes the file of damaged content: compresses it, or mends its checksums, so that damage gets
            further than the first check.
    """

    format: str
    dataset: str
    files: Mapping[str, bytes]
    place: str
    fields: tuple[int, ...] = ()
    packed: Callable[[bytes], bytes] = bytes

    @property
    def name(self) -> str:
        """Of the target, as the table has it."""
        return f"{self.format} ({self.dataset})"


@cache
def stored() -> dict[str, str]:
    """Checksum of each phantom file, by its path below ``data``."""
    listing = yaml.safe_load((ROOT / "data.dvc").read_text(encoding="utf-8"))["outs"][0]["md5"]
    return {entry["relpath"]: entry["md5"] for entry in json.loads(_content(listing))}


def phantom(path: str) -> bytes:
    """Content of a phantom file."""
    return _content(stored()[path])


def _content(md5: str) -> bytes:
    return (STORE / md5[:2] / md5[2:]).read_bytes()


def below(dataset: str, start: str) -> dict[str, bytes]:
    """All phantom files of a data set whose paths have this start."""
    paths = [path for path in stored() if path.startswith(f"{dataset}/{start}")]
    return {path.removeprefix(f"{dataset}/"): phantom(path) for path in paths}


def targets() -> list[Target]:
    """All targets."""
    return [*_volumes(), *_pictures(), *_arrays(), *_texts()]


def _volumes() -> list[Target]:
    starts = {
        "acdc": ("database/training/patient901/", "_frame01.nii.gz"),
        "brats2020": ("MICCAI_BraTS2020_TrainingData/BraTS20_Training_901/", "_seg.nii.gz"),
        "isles2018": ("TRAINING/case_901/", "CT_Tmax.900005.nii"),
        "kits19": ("data/case_00901/", "segmentation.nii.gz"),
        "msseg": ("Training/Center_01/Patient_91/", "T1_preprocessed.nii.gz"),
        "nfbs": ("NFBS_Dataset/A99900001/", "_brainmask.nii.gz"),
        "synapse": ("RawData/Training/", "img0001.nii.gz"),
        "wmh2017": ("GE3T/961/", "wmh.nii.gz"),
    }
    made = []
    for dataset, (start, end) in starts.items():
        files = below(dataset, start)
        if dataset == "synapse":
            files = {path: content for path, content in files.items() if "0001" in path}
        if dataset == "acdc":  # one of its two moments: the other is left out
            files = {path: content for path, content in files.items() if "frame10" not in path}
        [place] = [path for path in files if path.endswith(end)]
        kind = "NIfTI" if place.endswith(".nii") else "NIfTI in gzip"
        packed = bytes if kind == "NIfTI" else _in_gzip
        made.append(Target(kind, dataset, files, place, NIFTI_FIELDS, packed))
    files = below("kits19", "data/case_00901/")
    damaged_gzip = Target("gzip", "kits19", files, "data/case_00901/imaging.nii.gz", tuple(range(20)))
    return [*made, _second_version(), damaged_gzip]


def _second_version() -> Target:
    """The own-data layout, with one volume in the second version of NIfTI."""
    files = {path: content for path, content in below("example", "").items() if "case_001" in path}
    place = "imagesTr/case_001_0000.nii.gz"
    image: Any = nibabel.Nifti1Image.from_bytes(_unpacked(files[place]))
    second = nibabel.Nifti2Image(np.asarray(image.dataobj), image.affine)
    files |= {place: _in_gzip(second.to_bytes()), "dataset.json": phantom("example/dataset.json")}
    fields = (0, 4, 12, 14, *range(16, 80, 8), *range(104, 200, 8), 344, 348, *range(352, 504, 8), 540)
    return Target("NIfTI-2 in gzip", "example", files, place, fields, _in_gzip)


def _pictures() -> list[Target]:
    skin, breast = "ISIC_9180001", "original/000901.png"
    isic = below("isic2018", f"ISIC2018_Task1-2_Training_Input/{skin}")
    isic |= below("isic2018", f"ISIC2018_Task1_Training_GroundTruth/{skin}")
    mask = next(path for path in isic if path.endswith(".png"))
    photograph = next(path for path in isic if path.endswith(".jpg"))
    scd = below("scd", "Skin Image Data Set-1/skin_data/melanoma/dermis/D10_")
    scd |= below("scd", "Skin Image Data Set-2/skin_data/notmelanoma/dermis/NM10_")
    bus = below("bus2017", breast) | below("bus2017", "GT/000901.png")
    bitmap = {"original/000901.bmp": _saved(bus[breast], "BMP"), "GT/000901.png": bus["GT/000901.png"]}
    busi = {path: content for path, content in below("busi", "").items() if path.endswith(("(1).png", "(901).png"))}
    busi |= {path: content for path, content in below("busi", "").items() if "(901)_mask" in path}
    busi_mask = next(path for path in busi if "benign" in path and "_mask" in path)
    return [
        Target("JPEG", "isic2018", isic, photograph, PICTURE_FIELDS),
        Target("JPEG", "scd", scd, next(path for path in scd if path.endswith(".jpg")), PICTURE_FIELDS),
        Target("PNG", "isic2018", isic, mask, PICTURE_FIELDS, with_checksums),
        Target("PNG", "busi", busi, busi_mask, PICTURE_FIELDS, with_checksums),
        Target("BMP", "bus2017", bitmap, "original/000901.bmp", PICTURE_FIELDS),
        _coded_picture(bus[breast], bus["GT/000901.png"]),
    ]


def _coded_picture(image: bytes, mask: bytes) -> Target:
    """The own-data layout with pictures, whose labels are codes."""
    codes = (np.asarray(Image.open(io.BytesIO(mask))) > 0).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(codes).save(stream, "PNG")
    about = {"channel_names": {"0": "grey"}, "labels": {"background": 0, "lesion": 1}, "file_ending": ".png"}
    files = {"dataset.json": json.dumps(about).encode(), "imagesTr/a_0000.png": image, "labelsTr/a.png": b""}
    files["labelsTr/a.png"] = stream.getvalue()
    return Target("PNG of codes", "example", files, "labelsTr/a.png", PICTURE_FIELDS, with_checksums)


def _arrays() -> list[Target]:
    image, labels = np.linspace(0, 1, 24 * 24, dtype=np.float32).reshape(24, 24), np.zeros((24, 24), np.float32)
    labels[5:9, 5:9] = 3
    slices, volume = io.BytesIO(), io.BytesIO()
    np.savez(slices, image=image, label=labels)
    with h5py.File(volume, "w") as file:
        file.create_dataset("image", data=np.stack([image] * 3))
        file.create_dataset("label", data=np.stack([labels] * 3), compression="gzip")
    npz, h5 = "train_npz/case0005_slice000.npz", "test_vol_h5/case0001.npy.h5"
    content = slices.getvalue()
    header = content.index(b"\x93NUMPY")
    return [
        Target("NumPy in zip", "synapse", {npz: content}, npz, tuple(range(header + 128))),
        Target("HDF5", "synapse", {h5: volume.getvalue()}, h5, HDF5_FIELDS),
    ]


def _texts() -> list[Target]:
    own = {path: content for path, content in below("example", "").items() if "case_001" in path}
    own["dataset.json"] = phantom("example/dataset.json")
    own["subjects.csv"] = b"case,subject\ncase_001,person_1\n"
    hearts = below("acdc", "database/training/patient901/")
    return [
        Target("JSON", "example", own, "dataset.json"),
        Target("CSV", "example", own, "subjects.csv"),
        Target("Info.cfg", "acdc", hearts, "database/training/patient901/Info.cfg"),
    ]


def _saved(picture: bytes, kind: str) -> bytes:
    stream = io.BytesIO()
    Image.open(io.BytesIO(picture)).save(stream, kind)
    return stream.getvalue()


def _in_gzip(content: bytes) -> bytes:
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    return compressor.compress(content) + compressor.flush()


def _unpacked(content: bytes) -> bytes:
    return zlib.decompress(content, 31)


def with_checksums(content: bytes) -> bytes:
    """A PNG file whose chunks have the checksums that their content asks for, as far as chunks can be told apart."""
    mended, place = content[:8], 8
    while place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        chunk = content[place + 4 : place + 8 + length]
        mended += content[place : place + 4] + chunk + struct.pack(">I", zlib.crc32(chunk))
        place += 12 + length
    return mended + content[place:]
