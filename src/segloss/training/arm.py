"""The train stage: all folds of one arm, into one folder that appears when it is complete."""

import json
import shutil
import subprocess
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from segloss.config import entry
from segloss.data.case_table import read_status
from segloss.paths import CHECKPOINTS, PREPARED, RUNS
from segloss.provenance import code_fingerprint, fingerprint, put_in_place, resumable_folder, write_json, written_aside
from segloss.training.settings import Settings
from segloss.turns import turn

PACKAGE = Path(__file__).parents[1]
CODE = [
    PACKAGE / part
    for part in (
        "losses",
        "metrics",
        "networks",
        "training",
        "data/augmentation",
        "data/case_table.py",
        "data/prepared.py",
        "data/resizing.py",
        "data/splits.py",
    )
]


def train_arm(arm: str, params: dict[str, Any]) -> None:
    """Train an arm of params.yaml and write build/runs/<data set>/<arm>.

    Absent data, too few cases and a diverged loss are outcomes, told by ``status.json``. Finished folds and epochs
    wait in build/checkpoints, and count only as long as data, code and parameters are the same. A second call for the
    same arm waits for the first one.

    Args:
        arm: Its name.
        params: The parameters of the pipeline.

    Raises:
        InputError: If the parameters or the prepared data are not as expected, or memory does not suffice.
    """
    with turn(f"train {arm}"):
        _train_arm(arm, params)


def _train_arm(arm: str, params: dict[str, Any]) -> None:
    names, settings = entry(params, "arms", arm), Settings.of(params, arm)
    prepared, run = PREPARED / names["dataset"], RUNS / names["dataset"] / arm
    status = read_status(prepared)
    if status["outcome"] != "done":
        with written_aside(run) as folder:
            write_json(folder / "status.json", status)
        return
    data = json.loads((prepared / "provenance.json").read_text(encoding="utf-8"))
    fingerprints = {
        "data": data["fingerprint"],
        "code": code_fingerprint(*CODE),
        "parameters": fingerprint(asdict(settings)),
    }
    folder = resumable_folder(CHECKPOINTS / names["dataset"] / arm, fingerprint(fingerprints, version("torch")))
    ended = {path.stem for path in (*folder.glob("fold?"), *folder.glob("fold?.diverged"))}
    missing = [fold for fold in range(settings.folds) if f"fold{fold}" not in ended]
    if missing:
        # Importing PyTorch takes longer than to put folds in their place that wait there already.
        from segloss.training.folds import train_folds

        train_folds(folder, prepared, missing, arm, settings)
    for path in sorted(folder.glob("fold?.diverged")):
        status = {"outcome": "diverged", "reason": f"fold {path.stem[-1]}: {path.read_text(encoding='utf-8')}"}
    _remove_unfinished(folder)
    provenance = {"arm": arm, **names, "scale": params["scale"], "fingerprints": fingerprints}
    provenance |= {"settings": asdict(settings), "versions": _versions(), "commit": _commit()}
    write_json(folder / "provenance.json", provenance)
    write_json(folder / "status.json", status)
    put_in_place(folder, run)


def _remove_unfinished(folder: Path) -> None:
    """Remove what is not a finished fold: checkpoints of diverged folds, and what a kill left between two steps."""
    for leftover in folder.glob("*.*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "numpy")}


def _commit() -> str:
    """The commit checked out, with ``+`` where files differ from it; ``unknown`` outside a repository."""
    try:
        command = ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
