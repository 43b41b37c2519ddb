"""The evaluate stage: every arm of a data set measured case by case, never averaged, without PyTorch."""

import csv
import math
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from tqdm import tqdm

from segloss.config import entry
from segloss.errors import InputError
from segloss.evaluation.examples import write_examples
from segloss.evaluation.inputs import THRESHOLD, Prepared, Run
from segloss.metrics import Mask, case_metrics
from segloss.paths import EXAMPLES, PREPARED, RUNS, metrics_folder
from segloss.provenance import fingerprint, write_json

METRICS_HEADER = ("arm", "fold", "case", "class", "metric", "value")
HISTORY_HEADER = ("arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice")
CLASS = "lesion"
TRIVIAL_ARMS = ("predict_nothing", "predict_everything", "mean_training_mask")


def evaluate(dataset: str, params: dict[str, Any]) -> None:
    """Measure the runs of all arms of a data set.

    Writes ``<dataset>.csv``, ``-history.csv``, ``-summary.json`` and ``-provenance.json`` to the paper's metrics
    folder and the few cases that figures show to build/examples. Absent data and diverged arms are outcomes.

    Raises:
        InputError: If the prepared data or a run is missing or they do not belong together.
    """
    paper = entry(params, "datasets", dataset)["paper"]
    prepared = Prepared(PREPARED / dataset)
    if len(prepared.provenance.get("classes", ())) > 1:
        raise InputError(f"{dataset} has several classes, expected one: evaluate measures one foreground class.")
    arms = {name.partition("-")[2]: arm for name, arm in params["arms"].items() if arm["dataset"] == dataset}
    runs = {arm: Run(RUNS / dataset / f"{dataset}-{arm}", prepared) for arm in arms}
    stem = metrics_folder(params["scale"], paper) / dataset
    stem.parent.mkdir(parents=True, exist_ok=True)
    summary = _write_metrics(Path(f"{stem}.csv"), prepared, runs)
    _write_history(Path(f"{stem}-history.csv"), runs)
    write_json(Path(f"{stem}-summary.json"), summary)
    provenance = _provenance(prepared, runs, arms)
    write_json(Path(f"{stem}-provenance.json"), provenance)
    shown = params["papers"][paper]["cases_shown"]
    write_examples(EXAMPLES / paper / dataset, prepared, runs, shown)
    outcomes = ", ".join(f"{arm} {run.outcome}" for arm, run in runs.items() if run.outcome != "done")
    print(f"{dataset}: {sum(bool(run.folds) for run in runs.values())} arms evaluated. {outcomes}".rstrip())


def _masks(prepared: Prepared, runs: dict[str, Run]) -> Iterator[tuple[str, int, int, Mask]]:
    """Arm, fold, case and predicted mask: the trivial arms, then the trained ones."""
    folds = sorted({fold for run in runs.values() for fold in run.folds})
    for fold in folds:
        mean = prepared.mean_training_mask(fold)
        trivial = dict(zip(TRIVIAL_ARMS, (np.zeros_like(mean), np.ones_like(mean), mean), strict=True))
        for arm, mask in trivial.items():
            for case in prepared.part(fold, "test"):
                yield arm, fold, case, mask & prepared.judged(case)
    for arm, run in runs.items():
        for fold in run.folds:
            for case, probs in run.predictions(fold):
                yield arm, fold, case, (probs > THRESHOLD) & prepared.judged(case)


def _write_metrics(path: Path, prepared: Prepared, runs: dict[str, Run]) -> dict[str, dict[str, float | None]]:
    """Write one row per value and return the means of the arms."""
    sums: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0]))
    folds = sorted({fold for run in runs.values() for fold in run.folds})
    tested = sum(len(prepared.part(fold, "test")) for fold in folds)
    total = len(TRIVIAL_ARMS) * tested + sum(
        len(prepared.part(fold, "test")) for run in runs.values() for fold in run.folds
    )
    with _replaced(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(METRICS_HEADER)
        for fold in folds:
            for case in prepared.part(fold, "test"):
                share = float(prepared.truth(case).mean())
                name = prepared.rows[case]["case"]
                writer.writerow(("truth", fold, name, CLASS, "foreground_share", _text(share)))
        bar = tqdm(_masks(prepared, runs), f"evaluate {prepared.folder.name}", total, unit="case", disable=None)
        for arm, fold, case, mask in bar:
            values = case_metrics(mask, prepared.truth(case), prepared.spacing_mm(case))
            for metric, value in values.items():
                writer.writerow((arm, fold, prepared.rows[case]["case"], CLASS, metric, _text(value)))
                if not math.isnan(value):
                    sums[arm][metric][0] += value
                    sums[arm][metric][1] += 1
    return {
        arm: {metric: round(total / cases, 5) for metric, (total, cases) in metrics.items()}
        for arm, metrics in sums.items()
    }


def _write_history(path: Path, runs: dict[str, Run]) -> None:
    with _replaced(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HISTORY_HEADER)
        for arm, run in runs.items():
            for fold in run.folds:
                writer.writerows([arm, fold, *(row[k] for k in HISTORY_HEADER[2:])] for row in run.history(fold))


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
    return {**kept, "outcome": prepared.status["outcome"], "fingerprints": fingerprints, "arms": facts}


def _arm_facts(run: Run, arm: dict[str, Any]) -> dict[str, Any]:
    epochs = max((len(run.history(fold)) for fold in run.folds), default=0)
    batch_size = run.provenance.get("settings", {}).get("batch_size")
    train = max((len(run.prepared.part(fold, "train")) for fold in run.folds), default=0)
    return {
        "outcome": run.outcome,
        "reason": run.reason,
        "folds": len(run.folds),
        "cases": sum(len(run.prepared.part(fold, "test")) for fold in run.folds),
        "loss": arm["loss"],
        "protocol": arm["protocol"],
        "epochs": epochs,
        "steps": epochs * math.ceil(train / batch_size) if batch_size else None,
    }


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    """A text file that takes its place when it is complete."""
    aside = path.with_name(path.name + ".tmp")
    with aside.open("w", newline="", encoding="utf-8") as stream:
        yield stream
    os.replace(aside, path)


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.5f}"
