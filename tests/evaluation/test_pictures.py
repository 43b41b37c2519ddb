"""The evaluate stage on a small synthetic tree of prepared pictures and runs."""

import csv
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from segloss.errors import InputError
from segloss.evaluation import evaluate
from segloss.metrics_files import read_metrics
from segloss.statistics import load_results

CASES, SIZE = 12, 16
PARAMS = {
    "scale": "phantom",
    "papers": {"kappa": {"cases_shown": 3}},
    "datasets": {"scd": {"paper": "kappa"}, "isic2016": {"paper": "kappa"}},
    "arms": {
        f"{dataset}-{arm}": {"paper": "kappa", "dataset": dataset, "loss": loss, "protocol": "kappa"}
        for dataset in ("scd", "isic2016")
        for arm, loss in (("dice", "dice"), ("kappa", "kappa"), ("dice_200", "dice"))
    },
}
FOLDERS = {"metrics": "reports/metrics/phantom/kappa", "examples": "build/examples/kappa/scd"}


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def tree(tmp_path, monkeypatch, seal):
    """Prepared data, an arm with two folds, one that diverged in its second fold and one that was never trained."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    labels = np.zeros((CASES, SIZE, SIZE), dtype=np.uint8)
    for case in range(1, CASES):
        labels[case, 2 : 3 + case, 3:9] = 1
    prepared = tmp_path / "build/prepared/scd"
    provenance = {"dataset": "scd", "title": "SCD", "kind": "phantom", "scale": "phantom", "cases": CASES}
    provenance |= {
        "left_out": [],
        "warnings": [],
        "grey_masks": 0,
        "image_size": SIZE,
        "classes": ["lesion"],
        "groups": 3,
    }
    write_json(prepared / "provenance.json", provenance)
    write_json(prepared / "status.json", {"outcome": "done", "reason": ""})
    np.save(prepared / "labels.npy", labels)
    np.save(prepared / "images.npy", rng.integers(0, 255, (CASES, 3, SIZE, SIZE), dtype=np.uint8))
    names = ["case", "subject", "fold", "shape", "spacing_mm", "prepared_shape", "foreground_share", "files"]
    shape, resized = f"{2 * SIZE}x{SIZE}", f"1x{SIZE}x{SIZE}"
    rows = [
        [f"c{k}", f"c{k}", k % 3, shape, "" if k % 2 else "0.5x0.25", resized, labels[k].mean(), f"c{k}.png"]
        for k in range(CASES)
    ]
    pd.DataFrame(rows, columns=names).to_csv(prepared / "cases.csv", index=False)
    seal(prepared)
    for arm, folds, outcome in (("dice", 2, "done"), ("kappa", 1, "diverged")):
        run = tmp_path / "build/runs/scd" / f"scd-{arm}"
        write_json(
            run / "status.json",
            {"outcome": outcome, "reason": "" if outcome == "done" else "fold 1: the loss became nan"},
        )
        prints = {"data": "f" * 12, "code": "c" * 12, "parameters": arm * 3}
        write_json(run / "provenance.json", {"fingerprints": prints, "settings": {"batch_size": 4}, "commit": "abc"})
        for fold in range(folds):
            (run / f"fold{fold}").mkdir()
            history = [[1, 0, 0.7, 0.8, 0.3], [2, 0, 0.6, 0.7, 0.4]]
            columns = ["epoch", "phase", "loss", "validation_loss", "validation_dice"]
            pd.DataFrame(history, columns=columns).to_csv(run / f"fold{fold}" / "history.csv", index=False)
            tested = np.arange(fold, CASES, 3)
            probs = np.clip(labels[tested] * 0.6 + rng.uniform(0, 0.55, labels[tested].shape), 0, 1)
            probs = probs[:, None].astype(np.float16)
            np.savez(run / f"fold{fold}" / "predictions.npz", cases=np.array([f"c{k}" for k in tested]), probs=probs)
    return tmp_path


def values_of(tree):
    return read_metrics(tree / FOLDERS["metrics"] / "scd.csv")


def test_each_value_is_that_of_the_thresholded_prediction(tree):
    evaluate("scd", PARAMS)
    values = values_of(tree).set_index(["arm", "case", "metric"])["value"]
    labels = np.load(tree / "build/prepared/scd/labels.npy")
    archive = np.load(tree / "build/runs/scd/scd-dice/fold1/predictions.npz")
    for name, probs in zip(archive["cases"], archive["probs"][:, 0], strict=True):
        expected = f1_score(labels[int(name[1:])].ravel(), probs.ravel() > 0.5)
        assert values["dice", name, "dice"] == pytest.approx(expected, abs=1e-5)


def test_a_case_is_measured_once_per_arm_and_metric(tree):
    evaluate("scd", PARAMS)
    values = values_of(tree)
    assert not values.duplicated(["arm", "case", "metric"]).any()
    assert values[values["arm"] == "dice"]["case"].nunique() == 8
    assert set(values["class"]) == {"lesion"}


def test_the_truth_has_its_foreground_share_once_per_tested_case(tree):
    evaluate("scd", PARAMS)
    values = values_of(tree)
    truth = values[values["arm"] == "truth"]
    assert len(truth) == 8
    assert truth.set_index("case").loc["c4", "value"] == pytest.approx(5 * 6 / SIZE**2, abs=1e-5)


def test_the_trivial_arms_are_measured_on_the_same_cases(tree):
    evaluate("scd", PARAMS)
    values = values_of(tree).set_index(["arm", "case", "metric"])["value"]
    assert values["predict_nothing", "c4", "dice"] == 0
    assert np.isnan(values["predict_nothing", "c4", "hausdorff_px"])
    assert values["predict_everything", "c4", "sensitivity"] == 1
    labels = np.load(tree / "build/prepared/scd/labels.npy")
    mean = labels[2::3].mean(axis=0) > 0.5
    assert values["mean_training_mask", "c3", "dice"] == pytest.approx(
        f1_score(labels[3].ravel(), mean.ravel()), abs=1e-5
    )


def test_the_mean_training_mask_sees_training_cases_only(tree, seal):
    labels = np.load(tree / "build/prepared/scd/labels.npy")
    before = measured_mean_mask(tree)
    labels[0::3] = 1 - labels[0::3]
    labels[1::3] = 1 - labels[1::3]
    np.save(tree / "build/prepared/scd/labels.npy", labels)
    seal(tree / "build/prepared/scd")
    evaluate("scd", PARAMS)
    values = values_of(tree).set_index(["arm", "case", "metric"])["value"]
    assert values["mean_training_mask", "c3", "dice"] == pytest.approx(
        f1_score(labels[3].ravel(), before.ravel()), abs=1e-5
    )


def measured_mean_mask(tree):
    return np.load(tree / "build/prepared/scd/labels.npy")[2::3].mean(axis=0) > 0.5


def test_an_empty_truth_has_no_dice_where_nothing_is_predicted(tree):
    evaluate("scd", PARAMS)
    values = values_of(tree).set_index(["arm", "case", "metric"])["value"]
    assert np.isnan(values["predict_nothing", "c0", "dice"])
    assert values["predict_everything", "c0", "dice"] == 0


def test_distances_in_mm_follow_the_resized_spacing(tree):
    evaluate("scd", PARAMS)
    values = values_of(tree).set_index(["arm", "case", "metric"])["value"]
    assert ("predict_everything", "c3", "hausdorff_mm") not in values.index
    # 0.5 mm at twice the height is 1 mm along the rows, 0.25 mm along the columns: the image's last row is farthest.
    assert values["predict_everything", "c4", "hausdorff_mm"] == pytest.approx(
        np.hypot(15 - 6, 0.25 * (15 - 8)), abs=1e-5
    )


def test_outcomes_are_recorded_and_never_crash(tree, seal):
    evaluate("scd", PARAMS)
    provenance = json.loads((tree / FOLDERS["metrics"] / "scd-provenance.json").read_text())
    outcomes = {arm: facts["outcome"] for arm, facts in provenance["arms"].items()}
    assert outcomes == {"dice": "done", "kappa": "diverged", "dice_200": "not run"}
    assert provenance["arms"]["kappa"]["reason"] == "fold 1: the loss became nan"
    assert provenance["arms"]["dice"] | {"reason": ""} == {
        "outcome": "done", "reason": "", "folds": 2, "cases": 8,
        "loss": "dice", "protocol": "kappa", "epochs": 2, "steps": 2,
    }  # fmt: skip
    assert provenance["fingerprints"]["data"] == seal(tree / "build/prepared/scd")
    assert provenance["fingerprints"]["code"] == "c" * 12
    assert "commit" not in json.dumps(provenance)


@pytest.mark.parametrize("outcome", ["absent", "too few cases"])
def test_data_without_cases_give_headers_only(tree, outcome):
    folder = tree / "build/prepared/isic2016"
    write_json(folder / "status.json", {"outcome": outcome, "reason": "no files"})
    kind = "absent" if outcome == "absent" else "phantom"
    provenance = {"dataset": "isic2016", "title": "ISIC 2016", "kind": kind, "scale": "phantom", "cases": 0}
    write_json(folder / "provenance.json", provenance | {"image_size": SIZE, "fingerprint": None})
    for arm in ("dice", "kappa"):
        write_json(tree / f"build/runs/isic2016/isic2016-{arm}/status.json", {"outcome": outcome, "reason": "no files"})
    evaluate("isic2016", PARAMS)
    with (tree / FOLDERS["metrics"] / "isic2016.csv").open() as stream:
        assert list(csv.reader(stream)) == [["arm", "fold", "case", "class"]]
    written = json.loads((tree / FOLDERS["metrics"] / "isic2016-provenance.json").read_text())
    assert (written["kind"], written["arms"]["dice"]["outcome"]) == (kind, outcome)
    assert len(np.load(tree / "build/examples/kappa/isic2016/examples.npz")["cases"]) == 0


def test_the_results_are_loaded_by_the_statistics(tree):
    evaluate("scd", PARAMS)
    results = load_results(tree / FOLDERS["metrics"])
    assert results.arms("scd") == ("dice", "kappa")
    assert results.data("scd") == "SCD (phantom)"
    assert results.history.groupby("arm").size().to_dict() == {"dice": 4, "kappa": 2}


def test_the_summary_holds_the_means_of_the_table(tree):
    evaluate("scd", PARAMS)
    summary = json.loads((tree / FOLDERS["metrics"] / "scd-summary.json").read_text())
    means = values_of(tree).groupby(["arm", "metric"])["value"].mean()
    assert summary["dice"]["dice"] == pytest.approx(means["dice", "dice"], abs=1e-5)
    assert "truth" not in summary


def test_the_examples_span_the_foreground_shares_of_fold_0(tree):
    evaluate("scd", PARAMS)
    examples = np.load(tree / FOLDERS["examples"] / "examples.npz")
    assert examples["cases"].tolist() == ["c0", "c6", "c9"]
    assert examples["images"].shape == (3, SIZE, SIZE, 3)
    archive = np.load(tree / "build/runs/scd/scd-kappa/fold0/predictions.npz")
    position = archive["cases"].tolist().index("c6")
    assert np.array_equal(examples["probs_kappa"][1], archive["probs"][position, 0])
    assert "probs_dice_200" not in examples
    assert json.loads((tree / FOLDERS["examples"] / "provenance.json").read_text())["kind"] == "phantom"


def test_a_second_run_writes_the_same_bytes(tree):
    def contents():
        folders = [tree / folder for folder in FOLDERS.values()]
        return {path: path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}

    evaluate("scd", PARAMS)
    first = contents()
    evaluate("scd", PARAMS)
    assert contents() == first
    assert not list(tree.rglob("*.tmp"))


def test_predictions_of_other_cases_are_refused(tree):
    path = tree / "build/runs/scd/scd-dice/fold0/predictions.npz"
    np.savez(path, cases=np.array(["c1"]), probs=np.zeros((1, 1, SIZE, SIZE), np.float16))
    with pytest.raises(InputError, match=r"fold0/predictions\.npz predicts other cases than the test part of fold 0"):
        evaluate("scd", PARAMS)
    assert not (tree / FOLDERS["metrics"] / "scd.csv").exists()


def test_missing_prepared_data_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"build/prepared/scd/status\.json was not found"):
        evaluate("scd", PARAMS)


def test_evaluation_does_not_import_pytorch():
    code = "import sys, segloss.evaluation; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
