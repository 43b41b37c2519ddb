"""The synthesis as a whole: every run of a data set, several at once, and the small tables that they make."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from segloss.data.case_table import read_status
from segloss.errors import InputError
from segloss.paths import PREPARED, SYNTHESIS_RUNS
from segloss.provenance import code_fingerprint, fingerprint, write_json
from segloss.side_by_side import run_side_by_side
from segloss.synthesis.protocol import Protocol, StudyRun, runs_of
from segloss.synthesis.tables import write_tables
from segloss.synthesis.timing import step_costs
from segloss.synthesis.training import train_and_measure
from segloss.training.arm import CODE as TRAINING_CODE
from segloss.turns import one_at_a_time

HERE = Path(__file__).parent
# What every run needs, and the first optimiser of a process imports.
IMPORTS = ("segloss.synthesis.training", "torch._dynamo")
CODE = [
    *TRAINING_CODE,
    *(HERE / name for name in ("cases.py", "measuring.py", "training.py")),
    HERE.parent / "statistics/calibration.py",
]


def run_synthesis(
    params: dict[str, Any],
    datasets: Sequence[str] = (),
    workers: int | None = None,
    protocol: Protocol | None = None,
) -> None:
    """Train and measure every run on the data sets, and write their tables to reports/metrics/<scale>/synthesis.

    Each run leaves a file in build/synthesis, named by what it was made from: a stopped synthesis goes on where it was,
    and one with another loss trains no other again. An absent data set and a diverged loss are outcomes.

    Args:
        params: The parameters of the pipeline; their scale holds.
        datasets: Only these; all of the scale if left out.
        workers: Runs at once, each in a process of its own; one per core if left out.
        protocol: Ours if left out.

    Raises:
        InputError: If the scale or a data set is not in the protocol, data are not prepared, or a run failed.
    """
    protocol, scale = protocol or Protocol.read(), params["scale"]
    for dataset in datasets or protocol.scale(scale)["datasets"]:
        runs = runs_of(protocol, scale, dataset)
        status = read_status(PREPARED / dataset)
        if status["outcome"] != "done":
            print(f"{dataset}: no synthesis. {status['reason']}".rstrip())
            continue
        _run_dataset(dataset, runs, protocol, scale, workers or os.cpu_count() or 1)


@one_at_a_time("synthesis")
def _run_dataset(dataset: str, runs: list[StudyRun], protocol: Protocol, scale: str, workers: int) -> None:
    begun, code = time.monotonic(), code_fingerprint(*CODE)
    data = _read(PREPARED / dataset / "provenance.json")["fingerprint"]
    files = [_file(run, protocol, scale, data, code) for run in runs]
    missing = [(run, file) for run, file in zip(runs, files, strict=True) if not file.is_file()]
    calls = {run.name: partial(_finish, run, file, protocol, scale) for run, file in missing}
    done = run_side_by_side(calls, workers, f"synthesis, {dataset}", IMPORTS)
    if len(done) < len(calls):
        raise InputError(
            f"{dataset}: {len(calls) - len(done)} runs failed, the lines above say why; the others stay done."
        )
    results = [(run, _read(file)) for run, file in zip(runs, files, strict=True)]
    prints = {"data": data, "code": code, "parameters": fingerprint([file.name for file in files])}
    write_tables(dataset, results, _costs(dataset, protocol, scale, prints), protocol, scale, prints)
    trained, passed = sum(_read(file)["cpu_seconds"] for _, file in missing), time.monotonic() - begun
    print(
        f"{dataset}: {len(missing)} of {len(runs)} runs trained, in {trained / 60:.1f} minutes of processor time and "
        f"{passed / 60:.1f} by the clock."
    )


def _file(run: StudyRun, protocol: Protocol, scale: str, data: str, code: str) -> Path:
    """Where the result of a run lies: its name changes with everything that the result depends on."""
    same = {"most": protocol.scale(scale)["most"], "side": protocol.side, "watching": protocol.watching}
    settings, bins = asdict(protocol.settings(run, scale)), protocol.rules["bins"]
    made_from = fingerprint(asdict(run), settings, same, [bins], data, code, torch.__version__)
    return SYNTHESIS_RUNS / scale / run.dataset / f"{run.name}-{made_from}.json"


def _finish(run: StudyRun, file: Path, protocol: Protocol, scale: str) -> None:
    begun = time.process_time()
    result = train_and_measure(run, protocol, scale)
    write_json(file, {**result, "cpu_seconds": round(time.process_time() - begun, 2)})


def _costs(dataset: str, protocol: Protocol, scale: str, prints: dict[str, str]) -> list[dict[str, Any]]:
    """The times of the steps, measured when no other run goes on, and once."""
    divided = [protocol.folds, protocol.watching, protocol.side, protocol.seeds[0]]
    timed = [protocol.losses, protocol.network, protocol.scale(scale), protocol.rules["timing"], divided]
    code = code_fingerprint(HERE / "timing.py")
    made_from = fingerprint(prints["data"], prints["code"], code, timed, torch.__version__)
    file = SYNTHESIS_RUNS / scale / dataset / f"costs-{made_from}.json"
    if not file.is_file():
        write_json(file, step_costs(PREPARED / dataset, protocol, scale))
    return _read(file)


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
