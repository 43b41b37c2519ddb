"""Fixtures that all tests share."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from segloss.data.prepared_files import content_fingerprint

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


@pytest.fixture(scope="session")
def seal() -> Callable[[Path], str]:
    """Give prepared data that a test made or changed the fingerprint that they have, and return it."""

    def sealed(folder: Path) -> str:
        path = folder / "provenance.json"
        facts = json.loads(path.read_text(encoding="utf-8"))
        facts["fingerprint"] = content_fingerprint(folder)
        path.write_text(json.dumps(facts), encoding="utf-8")
        return facts["fingerprint"]

    return sealed


@pytest.fixture(autouse=True)
def _reproducible() -> None:
    torch.manual_seed(0)
