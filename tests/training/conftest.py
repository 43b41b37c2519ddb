"""A tiny prepared data set and parameters to train on it in seconds."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml


@pytest.fixture
def params() -> dict[str, Any]:
    protocol = {
        "network": {"name": "unet2d", "filters": 4, "batch_norm": True, "dropout": 0.5},
        "optimiser": "adam",
        "learning_rate": 0.001,
        "batch_size": 4,
        "epochs": 6,
        "folds": 3,
        "select": "last",
        "seed": 1,
        "augmentation": {"rotation_deg": 30, "shift_share": 0.1, "shear_deg": 10, "zoom_share": 0.1, "flip": True},
    }
    scale = {"max_folds": 2, "epoch_share": 1.0, "threads": 1}
    arm = {"paper": "kappa", "dataset": "discs", "protocol": "kappa"}
    return {
        "scale": "tiny",
        "data_root": "data",
        "papers": {"kappa": {}},
        "datasets": {"discs": {}},
        "evaluated": {"discs": {}},
        "scales": {"tiny": {"kappa": scale}},
        "losses": {
            "kappa": {
                "kappa": "kappa",
                "cross_entropy_then_kappa": {"two_phase": ["cross_entropy", "kappa"], "switch": 0.5},
            }
        },
        "protocols": {"kappa": protocol},
        "arms": {
            "discs-kappa": {**arm, "loss": "kappa"},
            "discs-cross_entropy_then_kappa": {**arm, "loss": "cross_entropy_then_kappa"},
        },
    }


@pytest.fixture
def workplace(
    tmp_path: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch, seal: Callable[[Path], str]
) -> Path:
    """A folder with params.yaml and twelve noisy discs, prepared; the present directory of the test."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    folder = tmp_path / "build/prepared/discs"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    axis = np.linspace(-1, 1, 32)
    shift = rng.uniform(-0.3, 0.3, (12, 2, 1, 1))
    labels = ((axis[:, None] - shift[:, 0]) ** 2 + (axis[None, :] - shift[:, 1]) ** 2 < 0.25).astype(np.uint8)
    images = 90 * labels[:, None] + rng.integers(0, 100, (12, 3, 32, 32))
    np.save(folder / "labels.npy", labels)
    np.save(folder / "images.npy", images.astype(np.uint8))
    with (folder / "cases.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["case", "fold", "prepared_shape"])
        writer.writeheader()
        writer.writerows({"case": f"disc{i:02}", "fold": i % 3, "prepared_shape": "1x32x32"} for i in range(12))
    provenance = {"dataset": "discs", "channels": ["red", "green", "blue"], "classes": ["disc"], "groups": 3}
    (folder / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
    seal(folder)
    (folder / "status.json").write_text(json.dumps({"outcome": "done", "reason": ""}), encoding="utf-8")
    return tmp_path
