"""The Boundary paper's notebook on made-up results: two sets of scans, one of them with every arm."""

import json

import nbformat
import numpy as np
import pandas as pd
import pytest

PAIR = ["generalized_dice", "generalized_dice_plus_boundary"]
STUDIED = [f"{PAIR[1]}_alpha_{alpha}" for alpha in (90, 50, 10, 1)]
ARMS = {
    "isles2018": ["boundary", *PAIR, "generalized_dice_times_alpha", *STUDIED, f"{PAIR[1]}_increase"],
    "wmh2017": ["boundary", *PAIR],
}
TRIVIAL = ["predict_nothing", "predict_everything", "mean_training_mask"]
SCANS, EPOCHS = 8, 30


def metrics_of(dataset, rng):
    """Eight scans in one fold: every metric that the notebook asks for."""
    truth = [{"foreground_share": 0.01 * (scan + 1), "slices": 8} for scan in range(SCANS)]
    rows = [("truth", 0, f"scan{scan}", "lesion", *item) for scan in range(SCANS) for item in truth[scan].items()]
    for arm in [*ARMS[dataset], *TRIVIAL]:
        empty = arm in ("boundary", "predict_nothing")
        for scan in range(SCANS):
            dice = 0.0 if empty else rng.uniform(0.4, 0.7)
            found = 0 if empty else int(rng.integers(1, 5))
            values = {
                "dice": dice,
                "dice_per_slice_published": 0.3 + 0.7 * dice,
                "surface_dice_mm2": 0.9 * dice,
                "volume_ml": 30 * dice,
                "hausdorff_mm": np.nan if empty else 40 * (1 - dice),
                "lesions_true": 5,
                "lesions_detected": found,
                "lesions_missed": 5 - found,
                "lesions_false": 0 if empty else int(rng.integers(0, 6)),
                **{f"lesion_recall_{group}": found / 5 for group in ("small", "medium", "large", "far")},
                "lesion_recall_tiny": np.nan,
                "false_positive_distance_mm": np.nan if empty else rng.uniform(2, 20),
                "lesion_slices": 6,
                "lesion_slices_empty": 6 * empty,
            }
            rows += [(arm, 0, f"scan{scan}", "lesion", name, value) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["arm", "fold", "case", "class", "metric", "value"])


def history_of(dataset, rng):
    """One fold of thirty epochs; the loss of the sum turns negative."""
    rows = []
    for arm in ARMS[dataset]:
        dice = 0.6 - 0.5 * np.exp(-np.arange(EPOCHS) / 6) + rng.normal(0, 0.02, EPOCHS)
        loss = np.linspace(0.9, -0.2 if "boundary" in arm else 0.3, EPOCHS)
        rows += [(arm, 0, epoch + 1, arm, loss[epoch], loss[epoch] + 0.05, dice[epoch]) for epoch in range(EPOCHS)]
    columns = ["arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
    return pd.DataFrame(rows, columns=columns)


def provenance_of(dataset, kind):
    """What the evaluation says about a data set."""
    facts = {"reason": "", "folds": 1, "cases": SCANS, "loss": "x", "protocol": "boundary"}
    facts |= {"epochs": EPOCHS, "steps": 99, "outcome": "absent" if kind == "absent" else "done"}
    return {
        "dataset": dataset,
        "title": {"isles2018": "ISLES 2018", "wmh2017": "WMH 2017"}[dataset],
        "kind": kind,
        "scale": "phantom",
        "cases": SCANS,
        "left_out": [],
        "warnings": [],
        "grey_masks": 0,
        "image_size": 64,
        "fingerprints": dict.fromkeys(("data", "code", "parameters"), "0" * 12),
        "arms": dict.fromkeys(ARMS[dataset], facts),
    }


def write_results(folder, present):
    """A metrics folder in which the named data sets are present, the others absent."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for dataset in ARMS:
        kept = slice(None) if dataset in present else slice(0)
        metrics_of(dataset, rng)[kept].to_csv(folder / f"{dataset}.csv", index=False)
        history_of(dataset, rng)[kept].to_csv(folder / f"{dataset}-history.csv", index=False)
        facts = provenance_of(dataset, "phantom" if dataset in present else "absent")
        (folder / f"{dataset}-provenance.json").write_text(json.dumps(facts))


def write_examples(folder):
    """Two test slices of ISLES with the predictions of the paper's arms."""
    folder.mkdir(parents=True)
    labels = np.zeros((2, 16, 16), dtype=np.uint8)
    labels[0, 3:5, 3:5] = labels[1, 6:12, 6:12] = 1
    probs = {"boundary": 0 * labels, PAIR[0]: np.roll(labels, 1, axis=1), PAIR[1]: labels}
    arrays = {f"probs_{arm}": values.astype(np.float16) for arm, values in probs.items()}
    images = np.full((2, 16, 16, 3), 90, dtype=np.uint8)
    np.savez(folder / "examples.npz", cases=["a", "b"], images=images, labels=labels, **arrays)
    (folder / "provenance.json").write_text(json.dumps({"title": "ISLES 2018", "kind": "phantom"}))


@pytest.fixture
def run(root, tmp_path, monkeypatch):
    """Execute the notebook's code cells in this process, as in a folder of its own, on the data sets given."""

    def execute(*present):
        notebook = nbformat.read(root / "notebooks" / "boundary.ipynb", as_version=4)
        write_results(tmp_path / "boundary", present)
        write_examples(tmp_path / "examples" / "isles2018")
        monkeypatch.chdir(tmp_path)
        folders = {"metrics_folder": "boundary", "figures_folder": "figures", "tables_folder": "tables"}
        namespace = {"__name__": "__main__"}
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, cell.id, "exec"), namespace)
            if "parameters" in cell.metadata.get("tags", []):
                namespace |= {**folders, "examples_folder": "examples", "resamples": 50}
        return tmp_path

    return execute


def test_the_notebook_runs_from_top_to_bottom(run):
    folder = run("isles2018", "wmh2017")
    verdicts = (folder / "tables" / "verdicts.md").read_text(encoding="utf-8")
    assert all(f"| bd.{number} |" in verdicts for number in range(1, 13))
    assert len({path.stem for path in (folder / "figures").iterdir()}) == 16


def test_predict_nothing_has_a_row_of_its_own_and_the_published_distance_no_difference(run):
    table = pd.read_csv(run("isles2018") / "tables" / "table1.csv")
    isles = table[table["data set"] == "ISLES 2018 (phantom)"].set_index("arm")
    nothing = isles.loc["predict nothing"]
    assert nothing.filter(like="per slice").iloc[0].startswith("0.300")
    assert isles.loc["generalised Dice", "Hausdorff in mm, difference"] == "not comparable"
    assert isles.loc["generalised Dice", "Hausdorff in mm, published"] == "4.009 (0.016)"


def test_the_study_of_schedules_is_of_isles_and_the_control_is_no_schedule(run):
    ranked = pd.read_csv(run("isles2018", "wmh2017") / "tables" / "schedules-ranked.csv")
    assert set(ranked["data set"]) == {"ISLES 2018 (phantom)"}
    assert len(ranked) == len([*PAIR, *STUDIED, "increase"])
    assert not ranked["arm"].str.contains("×").any()


def test_without_isles_the_study_of_schedules_ranks_nothing(run):
    folder = run("wmh2017")
    assert "WMH" not in (folder / "tables" / "schedules-ranked.csv").read_text(encoding="utf-8")
    assert "WMH 2017 (phantom)" in (folder / "tables" / "table1.csv").read_text(encoding="utf-8")


def test_the_notebook_runs_where_every_data_set_is_absent(run):
    verdicts = (run() / "tables" / "verdicts.md").read_text(encoding="utf-8")
    assert "not testable here" in verdicts
