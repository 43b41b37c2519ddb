"""A small metrics folder: one data set with every arm, one that is absent."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segloss.statistics import Results, load_results

ARMS = ["dice", "kappa", "cross_entropy", "cross_entropy_then_kappa", "dice_200", "kappa_200"]
HISTORY = ["arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
METRICS = ["arm", "fold", "case", "class", "metric", "value"]


def provenance(dataset: str, kind: str, arms: list[str]) -> dict:
    """What the evaluation says about a data set."""
    facts = {"reason": "", "folds": 2, "cases": 12, "loss": "dice", "protocol": "kappa", "epochs": 4, "steps": 8}
    outcome = "absent" if kind == "absent" else "done"
    return {
        "dataset": dataset,
        "title": {"isic2016": "ISIC 2016", "isic2018": "ISIC 2018"}[dataset],
        "kind": kind,
        "scale": "phantom",
        "cases": 12,
        "left_out": [],
        "warnings": [],
        "grey_masks": 0,
        "image_size": 64,
        "fingerprints": dict.fromkeys(("data", "code", "parameters"), "0" * 12),
        "arms": {arm: facts | {"outcome": outcome} for arm in arms},
    }


def metric_rows(rng: np.random.Generator) -> list[tuple]:
    """Twelve cases in two folds, every arm and the trivial ones."""
    shares = np.linspace(0.05, 0.9, 12)
    rows = [("truth", case % 2, f"case{case}", "lesion", "foreground_share", shares[case]) for case in range(12)]
    for arm in [*ARMS, "predict_nothing", "predict_everything", "mean_training_mask"]:
        for case, dice in enumerate(rng.uniform(0.5, 0.9, 12)):
            values = {"dice": dice, "iou": dice / (2 - dice), "hausdorff_px": 20 * (1 - dice)}
            rows += [(arm, case % 2, f"case{case}", "lesion", name, value) for name, value in values.items()]
    return rows


def history_rows(rng: np.random.Generator) -> list[tuple]:
    """Four epochs in two folds, eight for the arms of twice the length; two phases where the arm has two."""
    rows = []
    for arm in ARMS:
        epochs = 8 if arm.endswith("_200") else 4
        first, _, second = arm.partition("_then_")
        for fold in range(2):
            for epoch in range(1, epochs + 1):
                phase = second if second and epoch > epochs // 2 else first
                rows.append((arm, fold, epoch, phase, 1 / epoch, 1.1 / epoch, 1 - 0.9 / epoch - 0.02 * fold))
    return rows


@pytest.fixture
def metrics_folder(tmp_path: Path) -> Path:
    """A folder as the evaluation writes it: ISIC 2016 phantoms, ISIC 2018 absent."""
    folder = tmp_path / "kappa"
    folder.mkdir()
    rng = np.random.default_rng(0)
    contents = {
        "isic2016": (metric_rows(rng), history_rows(rng), provenance("isic2016", "phantom", ARMS)),
        "isic2018": ([], [], provenance("isic2018", "absent", ARMS[:4])),
    }
    for dataset, (metrics, history, facts) in contents.items():
        pd.DataFrame(metrics, columns=METRICS).to_csv(folder / f"{dataset}.csv", index=False)
        pd.DataFrame(history, columns=HISTORY).to_csv(folder / f"{dataset}-history.csv", index=False)
        (folder / f"{dataset}-provenance.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture
def results(metrics_folder: Path) -> Results:
    """The same, read."""
    return load_results(metrics_folder)
