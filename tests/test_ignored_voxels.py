"""Voxels that nobody can judge, from prepared labels to the metrics of an arm."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segloss.data.case import IGNORED
from segloss.evaluation import evaluate
from segloss.metrics_files import read_metrics

SIZE = 8
PARAMS = {
    "scale": "phantom",
    "papers": {"boundary": {"cases_shown": 1}},
    "datasets": {"wmh2017": {"paper": "boundary"}},
    "arms": {"wmh2017-dice": {"paper": "boundary", "dataset": "wmh2017", "loss": "dice", "protocol": "boundary"}},
}


def test_a_prediction_on_ignored_voxels_is_neither_right_nor_wrong(tmp_path, monkeypatch, seal):
    monkeypatch.chdir(tmp_path)
    labels = np.zeros((3, 2, SIZE, SIZE), np.uint8)
    labels[:, 1, 2:4, 2:6] = 1
    predicted = (labels == 1).astype(np.float16)
    labels[:, 0, :4] = IGNORED
    predicted[:, 0, :4] = 1
    prepared, run = Path("build/prepared/wmh2017"), Path("build/runs/wmh2017/wmh2017-dice")
    for folder in (prepared, run / "fold0"):
        folder.mkdir(parents=True)
    np.save(prepared / "labels.npy", labels.reshape(-1, SIZE, SIZE))
    np.save(prepared / "images.npy", np.zeros((6, 1, SIZE, SIZE), np.float16))
    columns = ["case", "subject", "fold", "shape", "spacing_mm", "prepared_shape", "foreground_share"]
    rows = [[f"c{k}", f"c{k}", k, "2x8x8", "3x1x1", "2x8x8", 0.06] for k in range(3)]
    pd.DataFrame(rows, columns=columns).to_csv(prepared / "cases.csv", index=False)
    facts = {"dataset": "wmh2017", "kind": "phantom", "groups": 3, "classes": ["lesion"]}
    (prepared / "provenance.json").write_text(json.dumps(facts))
    seal(prepared)
    (prepared / "status.json").write_text(json.dumps({"outcome": "done", "reason": ""}))
    (run / "status.json").write_text(json.dumps({"outcome": "done", "reason": ""}))
    prints = {"data": "f" * 12, "code": "c" * 12, "parameters": "p" * 12}
    (run / "provenance.json").write_text(json.dumps({"fingerprints": prints, "settings": {"batch_size": 2}}))
    history = "epoch,phase,loss,validation_loss,validation_dice\n1,dice,0.5,0.5,0.5\n"
    (run / "fold0/history.csv").write_text(history)
    np.savez(run / "fold0/predictions.npz", cases=np.array(["c0"]), probs=predicted[0][:, None])
    evaluate("wmh2017", PARAMS)
    values = read_metrics("reports/metrics/phantom/boundary/wmh2017.csv").set_index(["arm", "metric"])["value"]
    assert values["dice", "dice"] == 1
    assert values["truth", "foreground_share"] == 8 / (2 * SIZE * SIZE)
    # All but the lesion and the ignored voxels are predicted wrongly by the arm that predicts everything.
    judged = 2 * SIZE * SIZE - 4 * SIZE
    assert values["predict_everything", "dice"] == pytest.approx(2 * 8 / (8 + judged), abs=1e-5)
