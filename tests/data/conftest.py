"""A small data set in the ISIC 2018 layout, made anew for each test, and the parameters to prepare it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

IMAGES = "ISIC2018_Task1-2_Training_Input"
MASKS = "ISIC2018_Task1_Training_GroundTruth"
WIDTH, HEIGHT = 24, 16


@pytest.fixture
def write_case() -> Callable[..., None]:
    """Write case ``number`` below a folder: a textured image, and a mask whose first columns are foreground."""

    def write(folder: Path, number: int, columns: int = 12) -> None:
        for name in (IMAGES, MASKS):
            (folder / name).mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[:, :columns] = 255
        Image.fromarray(pixels).save(folder / IMAGES / f"ISIC_{number:07d}.jpg")
        Image.fromarray(mask).save(folder / MASKS / f"ISIC_{number:07d}_segmentation.png")

    return write


@pytest.fixture
def isic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_case: Callable[..., None]) -> Path:
    """Folder of six ISIC 2018 cases, numbers 0 to 5; the working directory is an empty project beside it."""
    folder = tmp_path / "raw" / "isic2018"
    for number in range(6):
        write_case(folder, number)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return folder


@pytest.fixture
def image_file(isic: Path) -> Callable[[int], Path]:
    """Path of an image by its number."""
    return lambda number: isic / IMAGES / f"ISIC_{number:07d}.jpg"


@pytest.fixture
def mask_file(isic: Path) -> Callable[[int], Path]:
    """Path of a mask by its number."""
    return lambda number: isic / MASKS / f"ISIC_{number:07d}_segmentation.png"


@pytest.fixture
def params(isic: Path) -> dict[str, Any]:
    """Parameters with one data set, at the scale ``small`` of 8 pixels; ``paper`` has no caps."""
    dataset = {"paper": "kappa", "reader": "isic2018", "folder": "isic2018", "subset": "all", "split": {"groups": 3}}
    dataset["view"] = {"kind": "slices", "image_size": 16, "intensity": "bytes"}
    return {
        "scale": "small",
        "data_root": str(isic.parent),
        "datasets": {"isic2018": {**dataset, "paper_cases": 6, "title": "ISIC 2018"}},
        "scales": {
            "small": {"kappa": {"max_image_size": 8}},
            "paper": {"kappa": {}},
        },
    }
