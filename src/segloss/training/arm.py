"""The train stage: all folds of one arm, into one folder that appears when it is complete."""

import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from segloss.config import entry
from segloss.data.prepared import PreparedVolumes, read_prepared, read_status
from segloss.errors import InputError
from segloss.paths import CHECKPOINTS, PREPARED, RUNS
from segloss.provenance import code_fingerprint, fingerprint, resumable_folder, write_json, written_aside
from segloss.training.fold import REDRAWN_S, DivergedError, train_fold
from segloss.training.settings import Settings

PACKAGE = Path(__file__).parents[1]
CODE = [
    PACKAGE / part
    for part in (
        "losses",
        "networks",
        "training",
        "data/augmentation",
        "data/prepared.py",
        "data/resizing.py",
        "data/splits.py",
    )
]


def train_arm(arm: str, params: dict[str, Any]) -> None:
    """Train an arm of params.yaml and write build/runs/<data set>/<arm>.

    Absent data, too few cases and a diverged loss are outcomes, told by ``status.json``. Finished folds and epochs
    wait in build/checkpoints, and count only as long as data, code and parameters are the same.
    """
    names, settings = entry(params, "arms", arm), Settings.of(params, arm)
    prepared, run = PREPARED / names["dataset"], RUNS / names["dataset"] / arm
    status = read_status(prepared)
    if status["outcome"] != "done":
        with written_aside(run) as folder:
            write_json(folder / "status.json", status)
        return
    torch.set_num_threads(settings.threads)
    data = read_prepared(prepared)
    if isinstance(data, PreparedVolumes) != (settings.patch is not None):
        raise InputError(
            f"{arm}: a protocol with a patch is for volumes, one without for slices; expected its view so."
        )
    fingerprints = {
        "data": data.provenance["fingerprint"],
        "code": code_fingerprint(*CODE),
        "parameters": fingerprint(asdict(settings)),
    }
    folder = resumable_folder(CHECKPOINTS / names["dataset"] / arm, fingerprint(fingerprints, torch.__version__))
    for fold in tqdm(range(settings.folds), arm, unit="fold", mininterval=REDRAWN_S):
        try:
            if not (folder / f"fold{fold}").is_dir():
                train_fold(folder / f"fold{fold}", data, fold, settings)
        except DivergedError as error:
            status = {"outcome": "diverged", "reason": f"fold {fold}: {error}"}
    _remove_unfinished(folder)
    provenance = {"arm": arm, **names, "scale": params["scale"], "fingerprints": fingerprints}
    provenance |= {"settings": asdict(settings), "versions": _versions(), "commit": _commit()}
    write_json(folder / "provenance.json", provenance)
    write_json(folder / "status.json", status)
    shutil.rmtree(run, ignore_errors=True)
    run.parent.mkdir(parents=True, exist_ok=True)
    os.replace(folder, run)


def _remove_unfinished(folder: Path) -> None:
    """Remove what is not a finished fold: checkpoints of diverged folds, and what a kill left between two steps."""
    for leftover in folder.glob("*.*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _versions() -> dict[str, str]:
    return {"torch": torch.__version__, "numpy": np.__version__}


def _commit() -> str:
    """The commit checked out, with ``+`` where files differ from it; ``unknown`` outside a repository."""
    try:
        command = ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
