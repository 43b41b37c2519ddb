"""The seed study: the arms of a paper's tables trained with several seeds, and every run measured case by case."""

import csv
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from segloss.config import entry
from segloss.data.case_table import read_status
from segloss.data.prepared import PreparedSlices, PreparedVolumes, read_prepared
from segloss.errors import InputError
from segloss.evaluation.inputs import Run
from segloss.evaluation.volumes import read_cases
from segloss.metrics import case_metrics
from segloss.paths import PREPARED, RUNS, SEED_RUNS, seeds_folder
from segloss.provenance import code_fingerprint, fingerprint, resumable_folder, write_json, written_file
from segloss.published import load_published
from segloss.training.arm import CODE
from segloss.training.fold import train_fold
from segloss.training.progress import REDRAWN_S
from segloss.training.settings import Settings
from segloss.training.validation import DivergedError
from segloss.turns import one_at_a_time

HEADER = ("seed", "arm", "fold", "case", "class", "metric", "value")
METRICS = ("dice", "hausdorff_mm")

# Runs by seed and by arm, named without the data set.
Runs = dict[tuple[int, str], Run]


@one_at_a_time("seeds")
def study_seeds(paper: str, seeds: int, params: dict[str, Any], datasets: Sequence[str] | None = None) -> None:
    """Train the arms of a paper's tables with the seeds 1, 2, ... and write what each does on every case.

    Writes ``<data set>.csv`` and ``<data set>-provenance.json`` to reports/metrics/<scale>/<paper>/seeds, both replaced
    when complete. Runs lie in build/seeds/<seed>/<data set>/<arm>; an ordinary run of the same data, code and settings,
    the seed among them, is taken in their place. A stopped study goes on where it was. Arms that are in no table of the
    paper are left out. An absent data set and a diverged loss are outcomes.

    Args:
        paper: Key of the paper.
        seeds: How many, 2 or more.
        params: The parameters of the pipeline; their scale holds.
        datasets: Only these data sets of the paper; all that have arms if left out.

    Raises:
        InputError: If the paper or a data set has no arms in a table, seeds are too few, or data are not prepared.
    """
    entry(params, "papers", paper)
    if seeds < 2:
        raise InputError(f"A study of {seeds} seeds has no spread, expected 2 or more.")
    arms = table_arms(paper, params)
    for dataset in list(arms) if datasets is None else datasets:
        if dataset not in arms:
            raise InputError(f"{dataset!r} has no arm in a table of {paper}, expected one of {', '.join(arms)}.")
        status = read_status(PREPARED / dataset)
        if status["outcome"] == "done":
            runs = _runs(dataset, arms[dataset], seeds, params)
            _write(seeds_folder(params["scale"], paper) / dataset, runs)
        else:
            print(f"{dataset}: no seed study. {status['reason']}".rstrip())


def table_arms(paper: str, params: dict[str, Any]) -> dict[str, list[str]]:
    """The arms of params.yaml that stand in a published table, by data set, without its name."""
    cells = load_published(paper)
    printed = set(zip(cells["dataset"], cells["arm"], strict=True))
    found: dict[str, list[str]] = {}
    for name, arm in params["arms"].items():
        short = name.removeprefix(f"{arm['dataset']}-")
        if arm["paper"] == paper and (arm["dataset"], short) in printed:
            found.setdefault(arm["dataset"], []).append(short)
    return found


def _runs(dataset: str, arms: list[str], seeds: int, params: dict[str, Any]) -> Runs:
    """Every run of a data set, trained here where it is not there yet."""
    data, prepared = read_prepared(PREPARED / dataset), read_cases(PREPARED / dataset)
    grid = list(product(range(1, seeds + 1), arms))
    bar = tqdm(grid, f"{dataset}, {seeds} seeds", unit="run", mininterval=REDRAWN_S)
    return {(seed, arm): prepared.run(_trained(f"{dataset}-{arm}", seed, data, params)) for seed, arm in bar}


def _write(stem: Path, runs: Runs) -> None:
    with written_file(Path(f"{stem}.csv")) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        for (seed, arm), run in tqdm(runs.items(), f"evaluate {stem.name}", unit="run", mininterval=REDRAWN_S):
            writer.writerows((seed, arm, *row) for row in _measured(run))
    write_json(Path(f"{stem}-provenance.json"), _provenance(runs))


def _trained(arm: str, seed: int, data: PreparedSlices | PreparedVolumes, params: dict[str, Any]) -> Path:
    """The folder of a finished run; it has a status.json as soon as all its folds are done."""
    dataset = params["arms"][arm]["dataset"]
    settings = replace(Settings.of(params, arm), seed=seed)
    fingerprints = {
        "data": data.provenance["fingerprint"],
        "code": code_fingerprint(*CODE),
        "parameters": fingerprint(asdict(settings)),
    }
    if _is_of(RUNS / dataset / arm, fingerprints):
        return RUNS / dataset / arm
    run = resumable_folder(SEED_RUNS / str(seed) / dataset / arm, fingerprint(fingerprints, torch.__version__))
    if (run / "status.json").is_file():
        return run
    torch.set_num_threads(settings.threads)
    status = {"outcome": "done", "reason": ""}
    for fold in range(settings.folds):
        try:
            if not (run / f"fold{fold}").is_dir():
                train_fold(run / f"fold{fold}", data, fold, settings)
        except DivergedError as error:
            status = {"outcome": "diverged", "reason": f"fold {fold}: {error}"}
    write_json(run / "provenance.json", {"arm": arm, "fingerprints": fingerprints, "settings": asdict(settings)})
    write_json(run / "status.json", status)
    return run


def _is_of(run: Path, fingerprints: dict[str, str]) -> bool:
    """Whether an ordinary run is there, of this data, code and settings and by this PyTorch."""
    path = run / "provenance.json"
    if not path.is_file():
        return False
    provenance = json.loads(path.read_text(encoding="utf-8"))
    return provenance["fingerprints"] == fingerprints and provenance["versions"]["torch"] == torch.__version__


def _measured(run: Run) -> Iterator[tuple[int, str, str, str, str]]:
    """Fold, case, class, metric and value of every test case, as the evaluate stage measures them."""
    prepared = run.prepared
    for fold in run.folds:
        for case, labels in run.predictions(fold):
            labels[~prepared.judged(case)] = 0
            truth, spacing = prepared.truth(case), prepared.spacing_mm(case)
            for label, name in enumerate(prepared.classes, start=1):
                values = case_metrics(labels == label, truth == label, spacing)
                for metric in [metric for metric in METRICS if metric in values]:
                    text = "" if math.isnan(values[metric]) else f"{values[metric]:.5f}"
                    yield fold, prepared.rows[case]["case"], name, metric, text


def _provenance(runs: Runs) -> dict[str, Any]:
    """What the numbers come from; it names no commit, so that the same study has the same bytes at every one."""
    prepared = next(iter(runs.values())).prepared
    kept = {name: prepared.provenance.get(name) for name in ("dataset", "title", "kind", "scale", "image_size")}
    subject_of = {row["case"]: row["subject"] for row in prepared.rows if row["subject"] != row["case"]}
    subjects = {"subjects": subject_of} if subject_of else {}
    prints = {f"{arm}, seed {seed}": run.provenance["fingerprints"] for (seed, arm), run in runs.items()}
    fingerprints = {part: next(iter(prints.values()))[part] for part in ("data", "code")}
    fingerprints["parameters"] = fingerprint({name: of_run["parameters"] for name, of_run in prints.items()})
    seeds = list(dict.fromkeys(seed for seed, _ in runs))
    arms = {arm: {str(seed): runs[seed, arm].outcome for seed in seeds} for _, arm in runs}
    return {**kept, **subjects, "fingerprints": fingerprints, "seeds": seeds, "arms": arms}
