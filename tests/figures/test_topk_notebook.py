"""The notebook of the TopK Dice paper on a small metrics folder: ACDC and MSSEG phantoms, Synapse absent."""

import json

import nbformat
import numpy as np
import pandas as pd
import pytest

FIVE = [
    *("cross_entropy", "cross_entropy_plus_dice", "focal_plus_dice"),
    *("topk_cross_entropy_plus_dice", "cross_entropy_plus_topk_dice"),
]
SWEEP = [f"cross_entropy_plus_topk_dice_{keep}" for keep in (90, 70, 30, 10)]
ARMS = {"synapse": FIVE, "acdc": [*FIVE, *SWEEP, "topk_dice"], "msseg": FIVE}
CLASSES = {"acdc": ["right ventricle", "myocardium", "left ventricle"], "msseg": ["lesion"]}
TITLES = {"synapse": "Synapse", "acdc": "ACDC", "msseg": "MSSEG 2016"}
TRIVIAL = ["predict_nothing", "predict_everything", "mean_training_mask"]
METRICS = ["arm", "fold", "case", "class", "metric", "value"]
HISTORY = ["arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]


def metric_rows(dataset: str, rng: np.random.Generator) -> list[tuple]:
    rows = []
    for name in CLASSES.get(dataset, ()):
        rows += [("truth", 0, f"case{case}", name, "foreground_share", 0.01 * (case + 1)) for case in range(6)]
        for arm in [*TRIVIAL, *ARMS[dataset]]:
            for case, dice in enumerate(rng.uniform(0.6, 0.9, 6)):
                values = {"dice": dice, "iou": dice / (2 - dice), "sensitivity": dice, "precision": dice}
                values |= {"surface_dice_mm2": dice, "hausdorff_mm": 20 * (1 - dice)}
                if dataset == "msseg":
                    values |= {"lesions_true": 9, "lesions_detected": 7, "lesions_missed": 2, "lesions_false": 1}
                rows += [(arm, 0, f"case{case}", name, metric, value) for metric, value in values.items()]
    return rows


def history_rows(dataset: str) -> list[tuple]:
    if dataset not in CLASSES:
        return []
    return [
        (arm, 0, epoch, arm, 3 / epoch, 3.3 / epoch, 0.8 - 0.6 / epoch - 0.01 * number)
        for number, arm in enumerate(ARMS[dataset])
        for epoch in range(1, 13)
    ]


def provenance(dataset: str) -> dict:
    absent = dataset not in CLASSES
    facts = {"reason": "", "folds": 1, "cases": 6, "loss": "dice", "protocol": "topk_dice", "epochs": 12, "steps": 24}
    return {
        "dataset": dataset,
        "title": TITLES[dataset],
        "kind": "absent" if absent else "phantom",
        "scale": "phantom",
        "cases": 12,
        "left_out": [],
        "warnings": [],
        "grey_masks": 0,
        "image_size": 64,
        "fingerprints": dict.fromkeys(("data", "code", "parameters"), "0" * 12),
        "arms": {arm: facts | {"outcome": "absent" if absent else "done"} for arm in ARMS[dataset]},
    }


@pytest.fixture
def folder(tmp_path):
    """Metrics as the evaluation writes them, and examples of both forms."""
    rng = np.random.default_rng(0)
    metrics = tmp_path / "topk_dice"
    metrics.mkdir()
    for dataset in ARMS:
        rows, history = metric_rows(dataset, rng), history_rows(dataset)
        pd.DataFrame(rows, columns=METRICS).to_csv(metrics / f"{dataset}.csv", index=False)
        pd.DataFrame(history, columns=HISTORY).to_csv(metrics / f"{dataset}-history.csv", index=False)
        (metrics / f"{dataset}-provenance.json").write_text(json.dumps(provenance(dataset)))
        if dataset in CLASSES:
            write_examples(tmp_path / "examples" / dataset, len(CLASSES[dataset]), ARMS[dataset], rng)
    return tmp_path


def write_examples(folder, classes: int, arms: list[str], rng: np.random.Generator) -> None:
    folder.mkdir(parents=True)
    labels = np.zeros((2, 32, 32), dtype=np.uint8)
    for label in range(1, classes + 1):
        labels[:, 8 * label - 4 : 8 * label + 4, 8:24] = label
    truth = np.eye(classes + 1)[labels].transpose(0, 3, 1, 2) if classes > 1 else (labels > 0).astype(float)
    probs = {f"probs_{arm}": (0.6 * truth + 0.45 * rng.random(truth.shape)).astype(np.float16) for arm in arms}
    images = np.repeat((40 * labels + 30)[..., None], 3, axis=-1)
    np.savez_compressed(folder / "examples.npz", images=images, labels=labels, **probs)
    (folder / "provenance.json").write_text(json.dumps({"title": folder.name, "kind": "phantom"}))


def run(root, folder, monkeypatch):
    """Execute the notebook's code cells in this process, as in its own folder."""
    notebook = nbformat.read(root / "notebooks" / "topk_dice.ipynb", as_version=4)
    monkeypatch.chdir(folder)
    namespace = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), namespace)
            if "parameters" in cell.metadata.get("tags", []):
                folders = {"metrics_folder": "topk_dice", "examples_folder": "examples"}
                namespace |= folders | {"figures_folder": "figures", "tables_folder": "tables", "resamples": 50}


def test_the_notebook_of_topk_dice_runs_from_top_to_bottom(root, folder, monkeypatch):
    run(root, folder, monkeypatch)
    assert len({path.stem for path in (folder / "figures").iterdir()}) == 13
    verdicts = (folder / "tables" / "verdicts.md").read_text(encoding="utf-8")
    assert all(f"| topk.{number} |" in verdicts for number in range(1, 13))


def test_the_notebook_of_topk_dice_runs_where_every_data_set_is_absent(root, folder, monkeypatch):
    for dataset in CLASSES:
        for suffix, columns in ((".csv", METRICS), ("-history.csv", HISTORY)):
            (folder / "topk_dice" / f"{dataset}{suffix}").write_text(",".join(columns) + "\n")
        path = folder / "topk_dice" / f"{dataset}-provenance.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"kind": "absent"}))
    run(root, folder, monkeypatch)
    verdicts = (folder / "tables" / "verdicts.md").read_text(encoding="utf-8")
    assert verdicts.count("not testable here") >= 10
