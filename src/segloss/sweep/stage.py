"""The sweep as a whole: every run, one after another, and the tables that they make."""

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from segloss.config import entry
from segloss.paths import SWEEP, SWEEP_RUNS
from segloss.provenance import code_fingerprint, fingerprint, write_json, written_file
from segloss.sweep.protocol import PAPER, Protocol, SweepRun, runs_of
from segloss.sweep.training import train_and_measure
from segloss.turns import one_at_a_time

PACKAGE = Path(__file__).parents[1]
PHANTOMS = PACKAGE / "data/phantoms/imbalance.py"
CODE = [PACKAGE / part for part in ("losses", "networks", "metrics/overlap.py", "sweep/training.py")]
RUN_COLUMNS = ("loss", "setting", "share", "seed")
METRICS = ("dice", "sensitivity", "specificity", "false_negatives", "false_positives")


@one_at_a_time("sweep")
def run_sweep(params: dict[str, Any], protocol: Protocol | None = None) -> None:
    """Train and measure every run of the sweep, and write runs.csv, history.csv and provenance.json.

    They go to reports/metrics/phantom/log_cosh_dice/sweep, whatever the scale, and replace what is there when all runs
    are done. Each run leaves a file in build/sweep, named by what it was made from, so that a stopped sweep goes on
    where it was, and one with another loss or share trains no other again. A diverged loss is an outcome.

    Args:
        params: The parameters of the pipeline, which have the survey's losses.
        protocol: Ours if left out.
    """
    protocol = protocol or Protocol.read()
    torch.set_num_threads(1)
    runs = runs_of(protocol, entry(params, "losses", PAPER))
    code = code_fingerprint(PHANTOMS, *CODE)
    bar = tqdm(runs, "robustness sweep", unit="run")
    done = [(run, _finished(run, protocol, code)) for run in bar]
    _write_rows(
        SWEEP / "runs.csv",
        ("case", *METRICS),
        ((run, [(case, *row.values()) for case, row in enumerate(result["cases"])]) for run, result in done),
    )
    _write_rows(
        SWEEP / "history.csv",
        ("step", "validation_dice"),
        ((run, [(step, round(dice, 5)) for step, dice in result["validation"]]) for run, result in done),
    )
    write_json(SWEEP / "provenance.json", _provenance(done, protocol))


def _finished(run: SweepRun, protocol: Protocol, code: str) -> dict[str, Any]:
    """What a run came to, trained here if it is not there yet."""
    same = {"picture": protocol.picture, "cases": protocol.cases, "training": protocol.training}
    made_from = fingerprint(asdict(run), same, code, torch.__version__)
    path = SWEEP_RUNS / f"{run.name}-{made_from}.json"
    if not path.is_file():
        write_json(path, train_and_measure(run, protocol))
    return json.loads(path.read_text(encoding="utf-8"))


def _write_rows(path: Path, columns: Iterable[str], rows: Iterable[tuple[SweepRun, list[tuple[Any, ...]]]]) -> None:
    with written_file(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*RUN_COLUMNS, *columns))
        for run, of_run in rows:
            writer.writerows((*(getattr(run, column) for column in RUN_COLUMNS), *row) for row in of_run)


def _provenance(done: list[tuple[SweepRun, dict[str, Any]]], protocol: Protocol) -> dict[str, Any]:
    """What the numbers come from; it names no commit, so that the same sweep has the same bytes at every one."""
    data = {"picture": protocol.picture, "cases": protocol.cases, "shares": protocol.shares}
    losses = [{"loss": run.loss, "setting": run.setting, "spec": run.spec} for run, _ in done]
    return {
        "title": "spots on a board",
        "kind": "phantom",
        "fingerprints": {
            "data": fingerprint(data, code_fingerprint(PHANTOMS)),
            "code": code_fingerprint(*CODE),
            "parameters": fingerprint([asdict(run) for run, _ in done], protocol.training),
        },
        **data,
        "seeds": protocol.seeds,
        "training": protocol.training,
        "losses": [loss for number, loss in enumerate(losses) if loss not in losses[:number]],
        "diverged": {run.name: result["reason"] for run, result in done if result["outcome"] == "diverged"},
    }
