"""A tiny prepared data set and a protocol that trains on it in seconds."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from segloss.data.prepared_files import content_fingerprint
from segloss.synthesis.protocol import Protocol


@pytest.fixture
def protocol() -> Protocol:
    """Two losses on discs, with more seeds and learning rates, and one published form with its partner."""
    return Protocol(
        scales={
            "tiny": {
                "datasets": ["discs"],
                "several_seeds": ["discs"],
                "several_rates": ["discs"],
                "training": {"filters": 2, "batch_size": 4, "steps": 4, "learning_rate": 0.01},
                "most": {"cases": None, "training_slices": 8, "validation_slices": 2},
            }
        },
        folds=3,
        watching=0.1,
        seeds=[1, 2],
        learning_rates=[0.5, 1.0],
        side=32,
        network={"name": "unet2d", "batch_norm": True, "dropout": 0.0, "head_filters": None},
        optimiser="adam",
        schedule={"name": "poly", "power": 0.9},
        losses={"cross_entropy": "cross_entropy", "dice": "dice"},
        partners={"kappa": "kappa"},
        as_published={"kappa_readme": {"right": "kappa", "loss": {"as_published": "kappa_readme"}, "tiny": ["discs"]}},
        rules={"bins": 5, "timing": {"rounds": 2, "warm_up": 1}},
        chosen={},
    )


@pytest.fixture
def discs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve prepared noisy discs, two of each subject; their folder, below the present directory of the test."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "build/prepared/discs"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    axis = np.linspace(-1, 1, 32)
    shift = rng.uniform(-0.3, 0.3, (12, 2, 1, 1))
    labels = ((axis[:, None] - shift[:, 0]) ** 2 + (axis[None, :] - shift[:, 1]) ** 2 < 0.25).astype(np.uint8)
    images = 90 * labels[:, None] + rng.integers(0, 100, (12, 1, 32, 32))
    np.save(folder / "labels.npy", labels)
    np.save(folder / "images.npy", images.astype(np.uint8))
    _describe(folder, "slices", ["disc"], "32x32", "1x32x32", "")
    return folder


@pytest.fixture
def cubes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve prepared volumes of two classes, smaller than a slice of the protocol along Y and larger along X."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "build/prepared/cubes"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    labels = np.zeros((12, 6, 18, 38), dtype=np.uint8)
    labels[:, 1:5, 4:10, 6:12], labels[:, 1:5, 4:10, 14:20] = 1, 2
    images = labels + rng.normal(5, 0.1, labels.shape)
    np.save(folder / "labels.npy", labels.ravel())
    np.save(folder / "images.npy", images.astype(np.float16).ravel())
    _describe(folder, "volumes", ["left", "right"], "6x18x38", "6x18x38", "2x1x1")
    return folder


def _describe(folder: Path, kind: str, classes: list[str], shape: str, prepared_shape: str, spacing: str) -> None:
    columns = ["case", "subject", "fold", "shape", "prepared_shape", "spacing_mm"]
    with (folder / "cases.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        # As in a paper's split, nearly all cases are in one group.
        writer.writerows([f"case{i:02}", f"subject{i // 2}", 2, shape, prepared_shape, spacing] for i in range(12))
    provenance = {
        "dataset": folder.name,
        "title": folder.name.capitalize(),
        "kind": "phantom",
        "scale": "tiny",
        "fingerprint": content_fingerprint(folder),
        "groups": 3,
        "classes": classes,
        "channels": ["grey"],
        "view": {"kind": kind},
    }
    (folder / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
    (folder / "status.json").write_text(json.dumps({"outcome": "done", "reason": ""}), encoding="utf-8")
