"""The few cases that figures show, with the predictions of every arm."""

from pathlib import Path
from typing import Any

import numpy as np

from segloss.evaluation.inputs import Prepared, Run
from segloss.provenance import write_json, written_aside


def write_examples(folder: Path, prepared: Prepared, runs: dict[str, Run], shown: int) -> None:
    """Test cases of fold 0 at evenly spaced quantiles of the foreground share, with every arm's predictions.

    Of a volume it is the slice with the most foreground. ``examples.npz`` holds ``cases`` (n), ``images`` (n, S, S, 3),
    ``labels`` (n, S, S), which are 255 where nobody can tell, and of each arm that worked on slices ``probs_<arm>``:
    (n, S, S) of one class, (n, 1 + classes, S, S) of several, the background first; of each that worked on volumes
    ``predicted_<arm>``, its labels (n, S, S).
    """
    shares = {case: float(row["foreground_share"]) for case, row in enumerate(prepared.rows)}
    by_share = sorted(prepared.part(0, "test"), key=lambda case: (shares[case], case))
    count = min(shown, len(by_share))
    chosen = [by_share[int((k + 0.5) / count * len(by_share))] for k in range(count)]
    slices = {case: _slice_shown(prepared, case) for case in chosen}
    with written_aside(folder) as aside:
        arrays: dict[str, Any] = {
            "cases": np.array([prepared.rows[case]["case"] for case in chosen], dtype=str),
            "images": np.zeros((0, 1, 1, 3), dtype=np.uint8),
            "labels": np.zeros((0, 1, 1), dtype=np.uint8),
        }
        if chosen:
            arrays |= prepared.shown(slices)
        for arm, run in runs.items():
            if 0 in run.folds:
                kind, array = run.shown(0, slices)
                arrays[f"{kind}_{arm}"] = array
        np.savez_compressed(aside / "examples.npz", **arrays)
        write_json(aside / "provenance.json", prepared.provenance)


def _slice_shown(prepared: Prepared, case: int) -> int:
    """The slice with the most foreground."""
    labels = prepared.truth(case)
    return 0 if prepared.is_picture(case) else int(np.count_nonzero(labels, axis=(1, 2)).argmax())
