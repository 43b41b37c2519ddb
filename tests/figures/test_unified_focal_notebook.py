"""The notebook of the Unified Focal paper on small results: phantoms, a real hippocampus, diverged arms, no data."""

import json

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml

CLASSES = {
    "kits19": ["kidney", "tumour"],
    "brats2020": ["enhancing tumour"],
    "bus2017": ["lesion"],
    "hippocampus": ["anterior", "posterior"],
}
TITLES = {"kits19": "KiTS19", "brats2020": "BraTS 2020", "bus2017": "BUS2017", "hippocampus": "Hippocampus"}
TRIVIAL = ["predict_nothing", "predict_everything", "mean_training_mask"]
METRICS = ["arm", "fold", "case", "class", "metric", "value"]
HISTORY = ["arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
CASES, EPOCHS = 10, 6


@pytest.fixture
def arms(root):
    """The arms of each data set, as params.yaml lists them."""
    named = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]
    found = {dataset: [] for dataset in CLASSES}
    for name, arm in named.items():
        if arm["paper"] == "unified_focal":
            found[arm["dataset"]].append(name.removeprefix(f"{arm['dataset']}-"))
    return found


def metric_rows(dataset, arms, rng):
    rows = []
    for place, name in enumerate(CLASSES[dataset]):
        shares = 0.02 / 4**place * np.geomspace(0.3, 3, CASES)
        rows += [("truth", k % 2, f"case{k}", name, "foreground_share", share) for k, share in enumerate(shares)]
        for number, arm in enumerate([*TRIVIAL, *arms]):
            level = 0.05 if arm in TRIVIAL else 0.55 + 0.015 * number - 0.1 * place
            for case, recall in enumerate(np.clip(level + rng.normal(0, 0.08, CASES), 0.02, 0.98)):
                precision = float(np.clip(recall + 0.1 * (-1) ** number + rng.normal(0, 0.03), 0.02, 0.99))
                dice = 2 * recall * precision / (recall + precision)
                values = {"dice": dice, "iou": dice / (2 - dice), "sensitivity": recall, "precision": precision}
                rows += [(arm, case % 2, f"case{case}", name, metric, value) for metric, value in values.items()]
    return rows


def history_rows(arms):
    return [
        (arm, fold, epoch, arm, 1 / epoch, 1.1 / epoch, 0.8 - 0.5 / epoch - 0.004 * number)
        for number, arm in enumerate(arms)
        for fold in range(2)
        for epoch in range(1, EPOCHS + 1)
    ]


def provenance(dataset, arms, kind, diverged=()):
    facts = {"reason": "", "folds": 2, "cases": CASES, "loss": "x", "protocol": "unified_focal"}
    facts |= {"epochs": EPOCHS, "steps": 24}
    outcomes = {arm: "absent" if kind == "absent" else "diverged" if arm in diverged else "done" for arm in arms}
    return {
        "dataset": dataset,
        "title": TITLES[dataset],
        "kind": kind,
        "scale": "phantom",
        "cases": CASES,
        "left_out": [],
        "warnings": [],
        "grey_masks": 0,
        "image_size": 64 if dataset == "bus2017" else None,
        "fingerprints": dict.fromkeys(("data", "code", "parameters"), "0" * 12),
        "arms": {arm: facts | {"outcome": outcome} for arm, outcome in outcomes.items()},
    }


def write_examples(folder, dataset, arms, kind):
    """Two slices: predicted labels of volumes, probabilities of pictures."""
    folder.mkdir(parents=True)
    labels = np.zeros((2, 48, 48), dtype=np.uint8)
    labels[0, 12:30, 10:26] = labels[1, 20:34, 20:40] = 1
    if len(CLASSES[dataset]) > 1:
        labels[0, 16:22, 20:30] = labels[1, 24:30, 24:30] = 2
    noise = np.random.default_rng(1).normal(90, 20, (2, 48, 48, 1))
    images = np.clip(noise + 30 * labels[..., None], 0, 255).astype(np.uint8).repeat(3, axis=-1)
    moved = {arm: np.roll(labels, number % 5 - 2, axis=2) for number, arm in enumerate(arms)}
    if dataset == "bus2017":
        arrays = {f"probs_{arm}": values.astype(np.float16) for arm, values in moved.items()}
    else:
        arrays = {f"predicted_{arm}": values for arm, values in moved.items()}
    np.savez_compressed(folder / "examples.npz", images=images, labels=labels, **arrays)
    (folder / "provenance.json").write_text(json.dumps({"title": TITLES[dataset], "kind": kind}))


def write(folder, arms, kinds, diverged=()):
    """Metrics and examples; data sets that ``kinds`` does not name are absent, diverged arms have no values."""
    rng = np.random.default_rng(0)
    metrics = folder / "unified_focal"
    metrics.mkdir()
    for dataset, names in arms.items():
        kind = kinds.get(dataset, "absent")
        done = [arm for arm in names if kind != "absent" and arm not in diverged]
        rows = metric_rows(dataset, done, rng) if done else []
        pd.DataFrame(rows, columns=METRICS).to_csv(metrics / f"{dataset}.csv", index=False)
        pd.DataFrame(history_rows(done), columns=HISTORY).to_csv(metrics / f"{dataset}-history.csv", index=False)
        facts = provenance(dataset, names, kind, diverged)
        (metrics / f"{dataset}-provenance.json").write_text(json.dumps(facts))
        if done:
            write_examples(folder / "examples" / dataset, dataset, done, kind)


@pytest.fixture
def run(root, tmp_path, monkeypatch):
    """Execute the notebook's code cells in this process, as in a folder of its own."""

    def execute(*args, **options):
        write(tmp_path, *args, **options)
        notebook = nbformat.read(root / "notebooks" / "unified_focal.ipynb", as_version=4)
        monkeypatch.chdir(tmp_path)
        folders = {"metrics_folder": "unified_focal", "figures_folder": "figures", "tables_folder": "tables"}
        namespace = {"__name__": "__main__"}
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, cell.id, "exec"), namespace)
            if "parameters" in cell.metadata.get("tags", []):
                namespace |= {**folders, "examples_folder": "examples", "resamples": 40}
        return tmp_path

    return execute


PHANTOMS = dict.fromkeys(["kits19", "brats2020", "bus2017"], "phantom")


def verdicts_of(folder):
    return pd.read_csv(folder / "tables" / "verdicts.csv").set_index("id")["verdict"]


def test_the_notebook_runs_on_phantoms_and_every_claim_gets_a_verdict(run, arms):
    folder = run(arms, PHANTOMS)
    verdicts = verdicts_of(folder)
    assert list(verdicts.index) == [f"uf.{number}" for number in range(1, 15)]
    assert verdicts["uf.14"] == "contradicted"
    assert set(verdicts.drop(["uf.11", "uf.14"])) == {"not testable here"}  # phantoms decide nothing empirical


@pytest.mark.slow
def test_the_hippocampus_stands_in_where_the_papers_own_sets_are_absent(run, arms):
    folder = run(arms, {"hippocampus": "subset"})
    verdicts = verdicts_of(folder)
    assert verdicts["uf.5"].endswith("on Hippocampus (real subset)")
    assert verdicts[["uf.2", "uf.3", "uf.9"]].eq("not testable here").all()  # of kidney, tumour and brain only
    matrix = pd.read_csv(folder / "tables" / "hippocampus-pairs.csv")
    assert (matrix["cases"] > 0).all()


@pytest.mark.slow
def test_the_notebook_runs_with_diverged_arms_and_says_so(run, arms):
    diverged = ["focal", "cosine_tversky_as_published", "mixed_focal", "asymmetric_unified_focal_deep_supervision"]
    folder = run(arms, PHANTOMS, diverged=diverged)
    table = pd.read_csv(folder / "tables" / "table1.csv")
    assert set(table.loc[table["arm"] == "focal"].filter(like="ours").to_numpy().ravel()) == {"diverged"}


@pytest.mark.slow
def test_the_notebook_runs_with_two_arms_of_each_data_set(run, arms):
    few = {dataset: ["cross_entropy", "asymmetric_unified_focal"] for dataset in arms}
    assert len(verdicts_of(run(few, PHANTOMS))) == 14


def test_the_notebook_runs_where_every_data_set_is_absent(run, arms):
    folder = run(arms, {})
    assert (verdicts_of(folder) == "not testable here").sum() == 13
    assert len({path.stem for path in (folder / "figures").iterdir()}) > 10
