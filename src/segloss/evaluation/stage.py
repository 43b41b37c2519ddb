"""The evaluate stage: every arm of a data set measured case by case, never averaged, without PyTorch."""

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from segloss.config import entry
from segloss.evaluation.arms import count_predictions, folds_of, predictions
from segloss.evaluation.examples import write_examples
from segloss.evaluation.inputs import Prepared, Run
from segloss.evaluation.lesions import lesion_metrics, lesion_numbers
from segloss.evaluation.reading import verify
from segloss.evaluation.volumes import read_cases
from segloss.metrics import Mask, case_metrics, volume_ml
from segloss.metrics_files import UNDEFINED, Row, write_metrics
from segloss.paths import EXAMPLES, PREPARED, RUNS, metrics_folder
from segloss.provenance import fingerprint, write_json, written_file
from segloss.turns import one_at_a_time

METRICS_KEYS = ("arm", "fold", "case", "class")
HAUSDORFF = "validation_hausdorff_mm"  # a column of protocols that measure it
HISTORY_HEADER = ("arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice")

# Means over the slices of a scan: their mean over scans would have to be weighted by slices, which reports do.
NOT_SUMMARISED = ("dice_per_slice_published",)

# Values of a case, by class and metric.
Measured = dict[str, dict[str, float]]
# Sum of a metric over the cases and their number, by arm and metric.
Sums = defaultdict[str, dict[str, list[float]]]


@one_at_a_time("evaluate")
def evaluate(dataset: str, params: dict[str, Any]) -> None:
    """Measure the runs of all arms of a data set, every class of every case; lesions too where its settings say so.

    Writes ``<dataset>.csv``, ``-history.csv``, ``-summary.json`` and ``-provenance.json`` to the paper's metrics
    folder and the few cases that figures show to build/examples. Absent data and diverged arms are outcomes.

    Raises:
        InputError: If the prepared data or a run is missing or damaged, or they do not belong together.
    """
    settings = entry(params, "datasets", dataset)
    paper = settings["paper"]
    verify(PREPARED / dataset)
    prepared = read_cases(PREPARED / dataset)
    arms = {name.partition("-")[2]: arm for name, arm in params["arms"].items() if arm["dataset"] == dataset}
    runs = {arm: prepared.run(RUNS / dataset / f"{dataset}-{arm}") for arm in arms}
    stem = metrics_folder(params["scale"], paper) / dataset
    summary = _write_metrics(Path(f"{stem}.csv"), prepared, runs, lesions=settings.get("lesions", False))
    _write_history(Path(f"{stem}-history.csv"), runs)
    write_json(Path(f"{stem}-summary.json"), summary)
    provenance = _provenance(prepared, runs, arms)
    write_json(Path(f"{stem}-provenance.json"), provenance)
    shown = params["papers"][paper]["cases_shown"]
    write_examples(EXAMPLES / paper / dataset, prepared, runs, shown)
    outcomes = ", ".join(f"{arm} {run.outcome}" for arm, run in runs.items() if run.outcome != "done")
    print(f"{dataset}: {sum(bool(run.folds) for run in runs.values())} arms evaluated. {outcomes}".rstrip())


def _write_metrics(
    path: Path, prepared: Prepared, runs: dict[str, Run], lesions: bool
) -> dict[str, dict[str, float | None]]:
    """Write one row per case and class, and return the means of the arms: over the classes, then over the cases."""
    sums: Sums = defaultdict(lambda: defaultdict(lambda: [0.0, 0]))
    with written_file(path) as stream:
        write_metrics(stream, METRICS_KEYS, _all_rows(prepared, runs, lesions, sums))
    return {
        arm: {metric: round(total / cases, 5) for metric, (total, cases) in metrics.items()}
        for arm, metrics in sums.items()
    }


def _all_rows(prepared: Prepared, runs: dict[str, Run], lesions: bool, sums: Sums) -> Iterator[Row]:
    """The rows of the truth, then those of every prediction, whose metrics are added to the sums of its arm."""
    for fold in folds_of(runs):
        for case in prepared.part(fold, "test"):
            yield from _rows("truth", fold, prepared, case, _truth_metrics(prepared, case, lesions))
    total = count_predictions(prepared, runs)
    bar = tqdm(predictions(prepared, runs), f"evaluate {prepared.folder.name}", total, unit="case", disable=None)
    for arm, fold, case, mask in bar:
        measured = _measured(prepared, case, mask, lesions)
        yield from _rows(arm, fold, prepared, case, measured)
        for metric, value in _over_classes(measured).items():
            sums[arm][metric][0] += value
            sums[arm][metric][1] += 1


def _truth_metrics(prepared: Prepared, case: int, lesions: bool) -> Measured:
    """What is to be known of each class without any prediction; of a scan also volume and number of slices."""
    labels, spacing = prepared.truth(case), prepared.spacing_mm(case)
    measured = {}
    for label, name in enumerate(prepared.classes, start=1):
        truth = labels == label
        values = {"foreground_share": float(truth.mean())}
        if not prepared.is_picture(case):
            values["slices"] = len(truth)
            if spacing is not None:
                values["volume_ml"] = volume_ml(truth, spacing)
        measured[name] = values | (lesion_numbers(truth, spacing) if lesions else {})
    return measured


def _measured(prepared: Prepared, case: int, mask: Callable[[int], Mask], lesions: bool) -> Measured:
    labels, spacing = prepared.truth(case), prepared.spacing_mm(case)
    measured = {}
    for label, name in enumerate(prepared.classes, start=1):
        predicted, truth = mask(label), labels == label
        values = case_metrics(predicted, truth, spacing)
        measured[name] = values | (lesion_metrics(predicted, truth, spacing) if lesions else {})
    return measured


def _rows(arm: str, fold: int, prepared: Prepared, case: int, measured: Measured) -> Iterator[Row]:
    for name, values in measured.items():
        yield (arm, fold, prepared.rows[case]["case"], name), {m: _text(value) for m, value in values.items()}


def _over_classes(measured: Measured) -> dict[str, float]:
    """Mean of each metric over the classes that have a value; what cannot be averaged over cases is left out."""
    found: dict[str, list[float]] = defaultdict(list)
    for values in measured.values():
        for metric, value in values.items():
            if not math.isnan(value) and metric not in NOT_SUMMARISED:
                found[metric].append(value)
    return {metric: sum(values) / len(values) for metric, values in found.items()}


def _write_history(path: Path, runs: dict[str, Run]) -> None:
    histories = [(arm, fold, run.history(fold)) for arm, run in runs.items() for fold in run.folds]
    measured = any(HAUSDORFF in row for _, _, rows in histories for row in rows)
    header = (*HISTORY_HEADER, HAUSDORFF) if measured else HISTORY_HEADER
    with written_file(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for arm, fold, rows in histories:
            writer.writerows([arm, fold, *(row.get(column, "") for column in header[2:])] for row in rows)


def _provenance(prepared: Prepared, runs: dict[str, Run], arms: dict[str, Any]) -> dict[str, Any]:
    names = ("dataset", "title", "kind", "scale", "cases", "left_out", "warnings", "grey_masks", "image_size")
    kept = {name: prepared.provenance.get(name) for name in names}
    if prepared.status["outcome"] == "absent":
        kept["kind"] = "absent"
    fingerprints = {"data": prepared.provenance.get("fingerprint")}
    for part in ("code", "parameters"):
        of_arms = {arm: run.provenance["fingerprints"][part] for arm, run in runs.items() if run.provenance}
        values = set(of_arms.values())
        # Arms of one code have one fingerprint; several are hashed into one.
        fingerprints[part] = values.pop() if len(values) == 1 else fingerprint(of_arms) if values else None
    facts = {arm: _arm_facts(run, arms[arm]) for arm, run in runs.items()}
    subject_of = {row["case"]: row["subject"] for row in prepared.rows if row["subject"] != row["case"]}
    # Named where the unit of a comparison, the patient, is not the case.
    subjects = {"subjects": subject_of} if subject_of else {}
    return {**kept, **subjects, "outcome": prepared.status["outcome"], "fingerprints": fingerprints, "arms": facts}


def _arm_facts(run: Run, arm: dict[str, Any]) -> dict[str, Any]:
    epochs = max((len(run.history(fold)) for fold in run.folds), default=0)
    settings = run.provenance.get("settings", {})
    items = max((run.prepared.training_items(fold, settings) for fold in run.folds), default=0)
    return {
        "outcome": run.outcome,
        "reason": run.reason,
        "folds": len(run.folds),
        "cases": sum(len(run.prepared.part(fold, "test")) for fold in run.folds),
        "loss": arm["loss"],
        "protocol": arm["protocol"],
        "epochs": epochs,
        "steps": epochs * math.ceil(items / settings["batch_size"]) if settings else None,
    }


def _text(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{value:.5f}"
