"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real images in the official layouts, which no clone carries: tests that need them skip where they are missing."""
    folder = os.environ.get("SEGLOSS_REAL_DATA", "")
    if not Path(folder, "isic2018").is_dir():
        pytest.skip("SEGLOSS_REAL_DATA names no folder with isic2018/, real images in their official layout")
    return Path(folder)


@pytest.fixture(autouse=True)
def _reproducible() -> None:
    torch.manual_seed(0)
