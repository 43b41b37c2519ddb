"""The few cases that figures show, with the predictions of every arm."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segloss.evaluation.inputs import Prepared, Run
from segloss.provenance import write_json, written_aside


def write_examples(folder: Path, prepared: Prepared, runs: dict[str, Run], shown: int) -> None:
    """Test cases of fold 0 at evenly spaced quantiles of the foreground share, with every arm's probabilities."""
    shares = {case: float(row["foreground_share"]) for case, row in enumerate(prepared.rows)}
    by_share = sorted(prepared.third(0), key=lambda case: (shares[case], case))
    count = min(shown, len(by_share))
    chosen = [by_share[int((k + 0.5) / count * len(by_share))] for k in range(count)]
    with written_aside(folder) as aside:
        arrays: dict[str, Any] = {
            "cases": np.array([prepared.rows[case]["case"] for case in chosen], dtype=str),
            "images": _colour_images(prepared, chosen),
            "labels": np.asarray(prepared.labels[chosen]),
        }
        for arm, run in runs.items():
            if 0 in run.folds:
                probs = {case: values for case, values in run.predictions(0) if case in chosen}
                arrays[f"probs_{arm}"] = np.stack([probs[case] for case in chosen])
        np.savez_compressed(aside / "examples.npz", **arrays)
        write_json(aside / "provenance.json", prepared.provenance)


def _colour_images(prepared: Prepared, chosen: list[int]) -> NDArray[np.uint8]:
    if not chosen:
        return np.zeros((0, *prepared.labels.shape[1:], 3), dtype=np.uint8)
    images = np.load(prepared.folder / "images.npy", mmap_mode="r")[chosen].transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images if images.shape[-1] == 3 else np.repeat(images[..., :1], 3, axis=-1))
