"""Synthetic results of a paper: chosen per-case values in the files that the evaluation writes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segloss.statistics import Results, load_results

TITLES = {"isic2016": "ISIC 2016", "isic2018": "ISIC 2018", "scd": "SCD", "scd_melanoma": "SCD melanoma"}


@pytest.fixture
def make_results(tmp_path: Path) -> Callable[..., Results]:
    """Write a metrics folder and load it.

    ``tables`` maps data set to metric to arm to values (NaN: undefined); case k is tested in fold k % 3. ``kinds``,
    ``outcomes`` and ``history`` (data set to arm to fold to validation Dice by epoch) are optional.
    """

    def make(
        tables: dict, kinds: dict | None = None, outcomes: dict | None = None, history: dict | None = None
    ) -> Results:
        folder = tmp_path / "kappa"
        folder.mkdir(exist_ok=True)
        for dataset, metrics in tables.items():
            if metrics:
                cases = len(next(iter(metrics["dice"].values())))
                metrics = {"foreground_share": {"truth": np.linspace(0.1, 0.6, cases)}} | metrics
            rows = [
                (arm, case % 3, f"{dataset[:4]}{case}", "lesion", metric, value)
                for metric, arms in metrics.items()
                for arm, values in arms.items()
                for case, value in enumerate(values)
            ]
            pd.DataFrame(rows, columns=["arm", "fold", "case", "class", "metric", "value"]).to_csv(
                folder / f"{dataset}.csv", index=False
            )
            epochs = [
                (arm, fold, epoch + 1, 0, 0.5, 0.5, dice)
                for arm, folds in (history or {}).get(dataset, {}).items()
                for fold, curve in enumerate(folds)
                for epoch, dice in enumerate(curve)
            ]
            columns = ["arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
            pd.DataFrame(epochs, columns=columns).to_csv(folder / f"{dataset}-history.csv", index=False)
            arms = {arm for values in metrics.values() for arm in values if arm != "truth" and "predict" not in arm}
            facts = {"reason": "", "folds": 3, "cases": 9, "loss": "dice", "protocol": "kappa", "epochs": 3, "steps": 9}
            provenance = {
                "dataset": dataset,
                "title": TITLES.get(dataset, dataset),
                "kind": (kinds or {}).get(dataset, "phantom" if metrics else "absent"),
                "scale": "phantom",
                "cases": 9,
                "left_out": [{"case": "x", "reason": "x_mask.png is missing."}],
                "warnings": [],
                "grey_masks": 0,
                "image_size": 64,
                "outcome": "done",
                "fingerprints": {"data": "d" * 12, "code": "c" * 12, "parameters": None},
                "arms": {
                    arm: facts | {"outcome": (outcomes or {}).get(dataset, {}).get(arm, "done")}
                    for arm in sorted(arms | set((outcomes or {}).get(dataset, {})))
                },
            }
            (folder / f"{dataset}-provenance.json").write_text(json.dumps(provenance))
        return load_results(folder)

    return make
