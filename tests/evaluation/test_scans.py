"""The evaluate stage on scans of several classes, with voxels that nobody judged."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, precision_score

from segloss.data.case import IGNORED
from segloss.errors import InputError
from segloss.evaluation import evaluate
from segloss.metrics import hausdorff_distance, surface_dice, volume_ml
from segloss.metrics_files import read_metrics

CLASSES, SIZE, CASES = ("left", "middle", "right"), 16, 6
DEPTHS = [3, 5, 4, 2, 6, 4]
ARMS = {"acdc": "dice", "wmh2017": "boundary"}
PARAMS = {
    "scale": "phantom",
    "papers": {"topk_dice": {"cases_shown": 2}},
    "datasets": {"acdc": {"paper": "topk_dice"}, "wmh2017": {"paper": "topk_dice", "lesions": True}},
    "arms": {
        f"{dataset}-{arm}": {"paper": "topk_dice", "dataset": dataset, "loss": arm, "protocol": "any"}
        for dataset, arm in ARMS.items()
    },
}


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def drawn(rng, depth, classes):
    """Stripes of the classes with ragged edges."""
    labels = np.zeros((depth, SIZE, SIZE), dtype=np.uint8)
    for label in range(1, classes + 1):
        start = int(rng.integers(0, 3)) + 5 * (label - 1)
        labels[:, 2 : 8 + label, start : start + 4] = label
    labels[rng.random(labels.shape) < 0.05] = 0
    return labels


@pytest.fixture(params=["acdc", "wmh2017"])
def tree(request, tmp_path, monkeypatch, seal):
    """Six scans of three classes, or of one whose labels also say where nobody can tell; one arm, one fold."""
    monkeypatch.chdir(tmp_path)
    dataset, rng = request.param, np.random.default_rng(1)
    classes = CLASSES if dataset == "acdc" else ("WMH",)
    labels = [drawn(rng, depth, len(classes)) for depth in DEPTHS]
    if dataset == "wmh2017":
        labels = [np.where((scan == 0) & (rng.random(scan.shape) < 0.1), IGNORED, scan) for scan in labels]
    labels[3][labels[3] == len(classes)] = 0
    folder = tmp_path / "build/prepared" / dataset
    facts = {"dataset": dataset, "title": dataset, "kind": "phantom", "scale": "phantom", "cases": CASES, "groups": 3}
    write_json(folder / "provenance.json", facts | {"classes": classes, "image_size": SIZE})
    write_json(folder / "status.json", {"outcome": "done", "reason": ""})
    np.save(folder / "labels.npy", np.concatenate(labels).astype(np.uint8))
    np.save(folder / "images.npy", rng.random((sum(DEPTHS), 2, SIZE, SIZE)).astype(np.float16))
    rows = [
        (f"c{k}", f"s{k}", k % 3, f"{depth}x{2 * SIZE}x{SIZE}", "6x0.5x1", f"{depth}x{SIZE}x{SIZE}", 0.1 * k)
        for k, depth in enumerate(DEPTHS)
    ]
    names = ["case", "subject", "fold", "shape", "spacing_mm", "prepared_shape", "foreground_share"]
    pd.DataFrame(rows, columns=names).to_csv(folder / "cases.csv", index=False)
    seal(folder)
    run = tmp_path / "build/runs" / dataset / f"{dataset}-{ARMS[dataset]}"
    write_json(run / "status.json", {"outcome": "done", "reason": ""})
    write_json(
        run / "provenance.json", {"fingerprints": {"code": "c", "parameters": "p"}, "settings": {"batch_size": 4}}
    )
    (run / "fold0").mkdir()
    history = [[1, 0, 0.7, 0.8, 0.3]]
    columns = ["epoch", "phase", "loss", "validation_loss", "validation_dice"]
    pd.DataFrame(history, columns=columns).to_csv(run / "fold0/history.csv", index=False)
    scores = rng.uniform(0, 0.9, (DEPTHS[3] + DEPTHS[0], len(classes) + 1, SIZE, SIZE))
    truth = np.concatenate([labels[3], labels[0]])
    for label in range(len(classes) + 1):
        scores[:, label] += truth == label
    probs = scores / scores.sum(axis=1, keepdims=True)
    probs = (probs if len(classes) > 1 else probs[:, 1:]).astype(np.float16)
    # Of the test part of fold 0, in an order of their own.
    np.savez(run / "fold0/predictions.npz", cases=np.array(["c3", "c0"]), probs=probs)
    return Tree(tmp_path, dataset, classes, {"c3": labels[3], "c0": labels[0]}, probs)


class Tree:
    def __init__(self, root, dataset, classes, labels, probs):
        self.root, self.dataset, self.classes, self.labels = root, dataset, classes, labels
        self.arm = ARMS[dataset]
        self.probs = {"c3": probs[: DEPTHS[3]], "c0": probs[DEPTHS[3] :]}

    def masks(self, case, label):
        """Predicted and true mask, without the voxels that nobody judged."""
        probs, truth = self.probs[case], self.labels[case]
        decided = probs[:, 0] > 0.5 if len(self.classes) == 1 else probs.argmax(axis=1) == label
        return decided & (truth != IGNORED), truth == label

    def evaluated(self):
        evaluate(self.dataset, PARAMS)
        return read_metrics(self.root / f"reports/metrics/phantom/topk_dice/{self.dataset}.csv")

    def values(self):
        return self.evaluated().set_index(["arm", "case", "class", "metric"])["value"].sort_index()


def every(tree):
    return [(case, label, name) for case in ("c0", "c3") for label, name in enumerate(tree.classes, start=1)]


def test_each_class_of_each_scan_is_measured_in_three_dimensions(tree):
    values, spacing = tree.values(), (6.0, 1.0, 1.0)
    for case, label, name in every(tree):
        predicted, truth = tree.masks(case, label)
        found = values[tree.arm, case, name]
        if truth.any():
            assert found["dice"] == pytest.approx(f1_score(truth.ravel(), predicted.ravel()), abs=1e-5)
            assert found["precision"] == pytest.approx(precision_score(truth.ravel(), predicted.ravel()), abs=1e-5)
            assert found["hausdorff_mm"] == pytest.approx(hausdorff_distance(predicted, truth, spacing), abs=1e-5)
            assert found["surface_dice_mm2"] == pytest.approx(surface_dice(predicted, truth, 2, spacing), abs=1e-5)
        assert found["volume_ml"] == pytest.approx(volume_ml(predicted, spacing), abs=1e-5)


def test_a_class_absent_from_a_scan_has_no_overlap_to_measure(tree):
    values, name = tree.values(), tree.classes[-1]
    assert np.isnan(values["predict_nothing", "c3", name, "dice"])
    assert values["predict_everything", "c3", name, "dice"] == 0
    assert np.isnan(values["predict_everything", "c3", name, "hausdorff_mm"])
    assert values["predict_nothing", "c3", name, "volume_ml"] == 0


def test_a_value_stands_once_for_each_arm_case_class_and_metric(tree):
    table = tree.evaluated()
    assert not table.duplicated(["arm", "case", "class", "metric"]).any()
    assert list(dict.fromkeys(table["class"])) == list(tree.classes)
    assert list(dict.fromkeys(table["arm"]))[1:4] == ["predict_nothing", "predict_everything", "mean_training_mask"]


def test_everything_is_every_judged_voxel_to_each_class_in_turn(tree):
    values = tree.values()
    for case, label, name in every(tree):
        judged = tree.labels[case] != IGNORED
        truth = tree.labels[case] == label
        found = values["predict_everything", case, name]
        assert found["volume_ml"] == pytest.approx(judged.sum() * 6 / 1000, abs=1e-5)
        assert found["precision"] == pytest.approx(truth.sum() / judged.sum(), abs=1e-5)


def test_the_mean_training_mask_is_that_of_each_class(tree):
    labels = np.load(tree.root / f"build/prepared/{tree.dataset}/labels.npy")
    ends = np.cumsum(DEPTHS)
    train = np.concatenate([labels[ends[k] - DEPTHS[k] : ends[k]] for k in (2, 5)])
    values = tree.values()
    for label, name in enumerate(tree.classes, start=1):
        mean = (train == label).mean(axis=0) > 0.5
        _, truth = tree.masks("c0", label)
        predicted = np.broadcast_to(mean, truth.shape) & (tree.labels["c0"] != IGNORED)
        expected = f1_score(truth.ravel(), predicted.ravel())
        assert values["mean_training_mask", "c0", name, "dice"] == pytest.approx(expected, abs=1e-5)


def test_the_truth_says_volume_share_and_slices_of_each_class(tree):
    values = tree.values()
    for case, label, name in every(tree):
        _, truth = tree.masks(case, label)
        found = values["truth", case, name]
        assert found["volume_ml"] == pytest.approx(volume_ml(truth, (6, 1, 1)), abs=1e-5)
        assert (found["foreground_share"], found["slices"]) == (pytest.approx(truth.mean(), abs=1e-5), len(truth))


def test_lesions_are_counted_where_the_settings_say_so(tree):
    counted = [name for name in set(tree.evaluated()["metric"]) if name.startswith("lesion")]
    assert bool(counted) == (tree.dataset == "wmh2017")


def test_the_summary_has_no_mean_over_scans_of_what_slices_weigh(tree):
    table = tree.evaluated()
    summary = json.loads((tree.root / f"reports/metrics/phantom/topk_dice/{tree.dataset}-summary.json").read_text())
    assert "dice_per_slice_published" in set(table["metric"])
    assert "dice_per_slice_published" not in summary[tree.arm]


def test_the_summary_is_the_mean_over_classes_and_then_cases(tree):
    table = tree.evaluated()
    dice = table[(table["arm"] == tree.arm) & (table["metric"] == "dice")]
    summary = json.loads((tree.root / f"reports/metrics/phantom/topk_dice/{tree.dataset}-summary.json").read_text())
    expected = dice.groupby("case")["value"].mean().mean()
    assert summary[tree.arm]["dice"] == pytest.approx(expected, abs=2e-5)


def test_the_examples_hold_the_slice_with_the_most_foreground(tree):
    evaluate(tree.dataset, PARAMS)
    examples = np.load(tree.root / f"build/examples/topk_dice/{tree.dataset}/examples.npz")
    assert examples["cases"].tolist() == ["c0", "c3"]
    for k, case in enumerate(("c0", "c3")):
        labels = tree.labels[case]
        z = ((labels > 0) & (labels != IGNORED)).sum(axis=(1, 2)).argmax()
        assert np.array_equal(examples["labels"][k], labels[z])
        expected = tree.probs[case][z]
        expected = expected if len(tree.classes) > 1 else expected[0]
        assert np.array_equal(examples[f"probs_{tree.arm}"][k], expected)


def test_the_steps_are_those_of_the_training_slices(tree):
    evaluate(tree.dataset, PARAMS)
    facts = json.loads((tree.root / f"reports/metrics/phantom/topk_dice/{tree.dataset}-provenance.json").read_text())
    assert facts["arms"][tree.arm]["steps"] == -(-(DEPTHS[2] + DEPTHS[5]) // 4)


def test_predictions_of_other_classes_are_refused(tree):
    path = tree.root / f"build/runs/{tree.dataset}/{tree.dataset}-{tree.arm}/fold0/predictions.npz"
    np.savez(path, cases=np.array(["c3", "c0"]), probs=np.zeros((5, 2, SIZE, SIZE), np.float16))
    with pytest.raises(InputError, match=r"predictions\.npz has 2 probabilities of each pixel, expected [14]; train"):
        evaluate(tree.dataset, PARAMS)


def test_a_second_evaluation_writes_the_same_bytes(tree):
    def rows():
        path = tree.root / f"reports/metrics/phantom/topk_dice/{tree.dataset}.csv"
        evaluate(tree.dataset, PARAMS)
        with path.open() as stream:
            return list(csv.reader(stream))

    assert rows() == rows()
