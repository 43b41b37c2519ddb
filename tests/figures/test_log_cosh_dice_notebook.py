"""The survey's notebook on made-up results of nine arms, with and without the robustness sweep."""

import json
from itertools import product
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from segloss.published import load_survey
from segloss.verdicts.sweep_results import SHARES
from segloss.verdicts.words import arm_words

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "log_cosh_dice.ipynb"
NINE = [row["compared"] for row in load_survey() if row["compared"]]
TRIVIAL = ["predict_nothing", "predict_everything", "mean_training_mask"]
SCANS, EPOCHS = 8, 20
WEIGHTS = (0.25, 0.5, 1, 2, 4)
PICTURE = {"size": 64, "spot": 2, "contrast": 1.0, "noise_sd": 0.4}


def metrics_of(arms, rng):
    """Eight scans in one fold: every metric that the notebook asks for."""
    rows = [("truth", 0, f"scan{scan}", "brain", "foreground_share", 0.2 + 0.01 * scan) for scan in range(SCANS)]
    for arm in [*arms, *TRIVIAL]:
        for scan in range(SCANS):
            sensitivity = 0.0 if arm == "predict_nothing" else rng.uniform(0.9, 0.95)
            values = {
                "dice": 2 * sensitivity / (1 + sensitivity) - 0.02 * (sensitivity > 0),
                "sensitivity": sensitivity,
                "specificity": rng.uniform(0.995, 0.999),
                "false_positive_volume_fraction": rng.uniform(0.01, 0.03),
            }
            rows += [(arm, 0, f"scan{scan}", "brain", name, value) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["arm", "fold", "case", "class", "metric", "value"])


def history_of(arms, rng):
    """One fold, every arm at its own pace."""
    rows = []
    for pace, arm in enumerate(arms, 2):
        dice = 0.9 - 0.8 * np.exp(-np.arange(EPOCHS) / pace) + rng.normal(0, 0.01, EPOCHS)
        rows += [(arm, 0, epoch + 1, arm, 1 - dice[epoch], 1.05 - dice[epoch], dice[epoch]) for epoch in range(EPOCHS)]
    columns = ["arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
    return pd.DataFrame(rows, columns=columns)


def provenance_of(kind, diverged):
    """What the evaluation says about NFBS."""
    facts = {"reason": "", "folds": 1, "cases": SCANS, "loss": "x", "protocol": "log_cosh_dice"}
    facts |= {"epochs": EPOCHS, "steps": 99, "outcome": "absent" if kind == "absent" else "done"}
    return {
        "dataset": "nfbs",
        "title": "NFBS",
        "kind": kind,
        "scale": "phantom",
        "cases": SCANS,
        "left_out": [],
        "warnings": [],
        "grey_masks": 0,
        "image_size": 64,
        "fingerprints": dict.fromkeys(("data", "code", "parameters"), "0" * 12),
        "arms": {arm: facts | ({"outcome": "diverged"} if arm in diverged else {}) for arm in NINE},
    }


def write_results(folder, present=True, diverged=()):
    """A metrics folder with NFBS phantoms or without; diverged arms have a history and no metrics."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    kept = slice(None) if present else slice(0)
    measured = [arm for arm in NINE if arm not in diverged]
    metrics_of(measured, rng)[kept].to_csv(folder / "nfbs.csv", index=False)
    history_of(NINE, rng)[kept].to_csv(folder / "nfbs-history.csv", index=False)
    facts = provenance_of("phantom" if present else "absent", diverged)
    (folder / "nfbs-provenance.json").write_text(json.dumps(facts))


def write_examples(folder):
    """Two test slices with the predictions of every arm."""
    folder.mkdir(parents=True)
    labels = np.zeros((2, 16, 16), dtype=np.uint8)
    labels[0, 3:9, 3:9] = labels[1, 4:12, 4:12] = 1
    arrays = {f"probs_{arm}": np.roll(labels, k, axis=1).astype(np.float16) for k, arm in enumerate(NINE)}
    images = np.full((2, 16, 16, 3), 90, dtype=np.uint8)
    np.savez(folder / "examples.npz", cases=["a", "b"], images=images, labels=labels, **arrays)
    (folder / "provenance.json").write_text(json.dumps({"title": "NFBS", "kind": "phantom"}))


def write_sweep(folder, cases=12, seeds=2):
    """A sweep in which cross entropy suffers from imbalance and the weight moves the errors."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    arms = [(loss, "survey", {loss: {}}, SHARES) for loss in [*NINE, "generalized_dice"]]
    arms += [("dice", "smooth_0", {"dice": {"smooth": 0.0}}, (0.2, 0.05))]
    for weight in WEIGHTS:
        spec = {"weighted_cross_entropy": {"positive_weight": weight}}
        arms.append(("weighted_cross_entropy", f"positive_weight_{weight:g}", spec, (0.05,)))
    rows = []
    for loss, setting, spec, shares in arms:
        weight = spec[loss].get("positive_weight", 1.0)
        for share, seed, case in product(shares, range(1, seeds + 1), range(cases)):
            dice = 0.95 + 0.1 * np.log10(share) * (loss == "cross_entropy") + rng.normal(0, 0.01)
            wrong = 10 / weight + rng.integers(3), 10 * weight + rng.integers(3)
            rows.append((loss, setting, share, seed, case, dice, dice, 0.99, *wrong))
    columns = ["loss", "setting", "share", "seed", "case", "dice", "sensitivity", "specificity"]
    runs = pd.DataFrame(rows, columns=[*columns, "false_negatives", "false_positives"])
    runs.to_csv(folder / "runs.csv", index=False)
    keys = runs[["loss", "setting", "share", "seed"]].drop_duplicates()
    history = pd.concat([keys.assign(step=step, validation_dice=min(0.9, 0.045 * step)) for step in (10, 20, 30)])
    history.to_csv(folder / "history.csv", index=False)
    losses = [dict(zip(("loss", "setting", "spec", "shares"), arm, strict=True)) for arm in arms]
    facts = {"losses": losses, "shares": SHARES, "seeds": [1, 2], "picture": PICTURE}
    facts |= {"training": {"steps": 30}, "fingerprints": dict.fromkeys(("data", "code", "parameters"), "0" * 12)}
    (folder / "provenance.json").write_text(json.dumps(facts))


def executed(folder, with_sweep, **results):
    """Execute the notebook's code cells in this process, as in a folder of its own."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    metrics = folder / "metrics" / "phantom" / "log_cosh_dice"
    write_results(metrics, **results)
    write_examples(folder / "examples" / "nfbs")
    if with_sweep:
        write_sweep(metrics / "sweep")
    folders = {"metrics_folder": "metrics/phantom/log_cosh_dice", "figures_folder": "figures"}
    folders |= {"tables_folder": "tables", "examples_folder": "examples"}
    namespace = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, cell.id, "exec"), namespace)
            if "parameters" in cell.metadata.get("tags", []):
                namespace |= {**folders, "resamples": 50}
    return folder


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """All nine arms and the sweep."""
    return executed(tmp_path_factory.mktemp("complete"), with_sweep=True)


@pytest.fixture(scope="module")
def incomplete(tmp_path_factory):
    """One arm has diverged, and the sweep has not been run."""
    return executed(tmp_path_factory.mktemp("incomplete"), with_sweep=False, diverged=("focal",))


@pytest.fixture(scope="module")
def absent(tmp_path_factory):
    """No data set at all."""
    return executed(tmp_path_factory.mktemp("absent"), with_sweep=False, present=False)


def table_of(folder, name):
    return pd.read_csv(folder / "tables" / f"{name}.csv", keep_default_na=False)


def test_the_notebook_runs_from_top_to_bottom(complete):
    assert table_of(complete, "verdicts")["id"].to_list() == [f"sv.{number}" for number in range(1, 13)]
    assert len({path.stem for path in (complete / "figures").iterdir()}) == 20


def test_every_loss_of_table_3_stands_beside_its_printed_values(complete):
    table = table_of(complete, "table3").set_index("arm")
    assert table.loc["log-cosh Dice", "Dice, published"] == "0.989"
    assert table.loc["focal Tversky", "sensitivity, published"] == "0.990"
    assert table.loc["focal", "specificity, published"] == "0.999"
    assert set(table["Dice, difference"]) == {"not comparable", "–"}  # phantoms, and the trivial answers
    assert {"predict nothing", "predict everything", "mean training mask"} < set(table.index)


def test_with_the_sweep_the_claims_on_imbalance_are_decided_on_phantoms(complete):
    verdicts = table_of(complete, "verdicts").set_index("id")["verdict"]
    assert verdicts["sv.9"] == verdicts["sv.11"] == "supported on phantoms"
    assert verdicts["sv.8"] == "contradicted on phantoms"  # behind by .03, more than the margin


def test_every_loss_of_the_sweep_has_a_slope(complete):
    text = (complete / "tables" / "sweep-slopes.md").read_text(encoding="utf-8")
    assert all(arm_words(loss) in text for loss in [*NINE, "generalized_dice"])


@pytest.mark.parametrize("name", ["means", "winners", "ranks", "slopes", "weights"])
def test_without_the_sweep_every_place_says_how_to_make_it(incomplete, name):
    assert "make sweep" in (incomplete / "tables" / f"sweep-{name}.md").read_text(encoding="utf-8")


def test_without_the_sweep_its_claims_are_not_testable_and_the_verdict_says_how_to_make_it(incomplete):
    verdict = table_of(incomplete, "verdicts").set_index("id").loc["sv.7"]
    assert verdict["verdict"] == "not testable here"
    assert "make sweep" in verdict["reason"]


def test_a_diverged_arm_is_shown_as_diverged(incomplete):
    assert table_of(incomplete, "table3").set_index("arm").loc["focal"].eq("diverged").any()
    assert set(table_of(incomplete, "outcomes")["outcome"]) == {"done", "diverged"}


def test_the_notebook_runs_where_the_data_set_is_absent(absent):
    verdicts = table_of(absent, "verdicts").set_index("id")["verdict"]
    assert set(verdicts) == {"not testable here"}
