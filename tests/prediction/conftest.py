"""Two arms, one of pictures and one of volumes, trained for seconds on a data set in the layout of one's own data."""

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PIL import Image

from segloss.data.inventory import take_inventory
from segloss.data.preparation import prepare
from segloss.training import train_arm

CASES = 6
# Voxel indices grow to the right, the front and above, unlike ours; voxels of 2 x 1.5 x 3 mm.
AFFINE = np.array([[2.0, 0, 0, -20], [0, 1.5, 0, -30], [0, 0, 3, 7], [0, 0, 0, 1]])
SHAPE = (20, 18, 12)  # X, Y, Z
UNET = {"filters": 4, "batch_norm": True, "dropout": 0.0}
PROTOCOL = {
    **{"optimiser": "adam", "learning_rate": 0.01, "batch_size": 2, "epochs": 4, "folds": 2, "select": "last"},
    **{"seed": 1, "augmentation": {}},
}
DATASET = {"reader": "nnunet", "subset": "all", "split": {"groups": 3}, "paper": "own", "paper_cases": 0}
PARAMS: dict[str, Any] = {
    "scale": "tiny",
    "data_root": "raw",
    "papers": {"own": {}},
    "datasets": {
        "dots": {
            **DATASET,
            **{"folder": "dots", "title": "Dots"},
            "view": {"kind": "slices", "image_size": 32, "intensity": "bytes"},
        },
        "balls": {
            **DATASET,
            **{"folder": "balls", "title": "Balls"},
            "view": {"kind": "volumes", "intensity": "z_score", "spacing_mm": [3.0, 2.0, 2.0]},
        },
    },
    "evaluated": {},
    "scales": {"tiny": {"own": {"max_folds": 2, "epoch_share": 1.0, "threads": 1}}},
    "losses": {"own": {"dice": {"cross_entropy": 1.0, "dice": 1.0}}},
    "protocols": {
        "pictures": {**PROTOCOL, "epochs": 40, "network": {"name": "unet2d", **UNET}},
        "volumes": {
            **PROTOCOL,
            **{"patch": [16, 16, 16], "patches_per_case": 1},
            "network": {"name": "unet3d", **UNET, "head_filters": None},
        },
    },
    "arms": {
        "dots-dice": {"paper": "own", "dataset": "dots", "loss": "dice", "protocol": "pictures"},
        "balls-dice": {"paper": "own", "dataset": "balls", "loss": "dice", "protocol": "volumes"},
    },
}


def describe(folder: Path, ending: str, channels: list[str], classes: list[str]) -> None:
    """Write dataset.json and the folders of an nnU-Net layout."""
    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    labels = {name: number for number, name in enumerate(["background", *classes])}
    about = {"channel_names": dict(enumerate(channels)), "labels": labels, "file_ending": ending}
    (folder / "dataset.json").write_text(json.dumps(about), encoding="utf-8")


def write_dots(folder: Path, rng: np.random.Generator) -> None:
    """Red discs on noise, in pictures larger than the network sees."""
    describe(folder, ".png", ["red", "green", "blue"], ["dot"])
    y, x = np.indices((48, 40))
    for case in range(CASES):
        mask = np.hypot(y - rng.integers(15, 33), x - rng.integers(14, 26)) < 10
        picture = rng.integers(0, 90, (48, 40, 3)).astype(np.uint8)
        picture[mask, 0] += 150
        Image.fromarray(picture).save(folder / f"imagesTr/dot{case}_0000.png")
        Image.fromarray(mask.astype(np.uint8)).save(folder / f"labelsTr/dot{case}.png")


def write_balls(folder: Path, rng: np.random.Generator) -> None:
    """Bright balls with a brighter core, not in the middle, in two channels."""
    describe(folder, ".nii.gz", ["T1", "T2"], ["shell", "core"])
    places = np.indices(SHAPE).reshape(3, -1).T * AFFINE.diagonal()[:3]
    for case in range(CASES):
        distance = np.linalg.norm(places - rng.uniform(12, 18, 3), axis=1).reshape(SHAPE)
        mask = np.where(distance < 5, 2, np.where(distance < 10, 1, 0)).astype(np.uint8)
        for channel in range(2):
            image = (50 * mask + rng.normal(0, 5, SHAPE)).astype(np.float32)
            nibabel.save(nibabel.Nifti1Image(image, AFFINE), folder / f"imagesTr/ball{case}_{channel:04d}.nii.gz")
        nibabel.save(nibabel.Nifti1Image(mask, AFFINE), folder / f"labelsTr/ball{case}.nii.gz")


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the raw data, the prepared data and the runs."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    write_dots(folder / "raw/dots", rng)
    write_balls(folder / "raw/balls", rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        take_inventory(Path("raw"), PARAMS)
        for dataset in PARAMS["datasets"]:
            prepare(dataset, PARAMS)
            train_arm(f"{dataset}-dice", PARAMS)
    return folder


@pytest.fixture
def at_work(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, as the present directory."""
    monkeypatch.chdir(workplace)
    return workplace
