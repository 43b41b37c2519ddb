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
    folder = Path(os.environ.get("SEGLOSS_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}: set SEGLOSS_REAL_DATA")
    return folder


@pytest.fixture(autouse=True)
def _reproducible() -> None:
    torch.manual_seed(0)
