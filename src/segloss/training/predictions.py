"""The predictions of a fold, written as they come: those of a large test part do not fit into memory."""

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np


def write_predictions(path: Path, cases: np.ndarray, slices: int, probs: Iterable[np.ndarray]) -> None:
    """Write an ``.npz`` file of the names of the cases, and the probabilities of all their slices.

    Args:
        path: The file.
        cases: Names, in the order of the slices.
        slices: How many there are.
        probs: Batches of float16 (n, K, S, S), as many slices together.
    """
    with zipfile.ZipFile(path, "w") as archive:
        with _entry(archive, "cases") as stream:
            np.lib.format.write_array(stream, cases, allow_pickle=False)
        with _entry(archive, "probs") as stream:
            for number, batch in enumerate(probs):
                if number == 0:
                    header = {"descr": "<f2", "fortran_order": False, "shape": (slices, *batch.shape[1:])}
                    np.lib.format.write_array_header_1_0(stream, header)
                stream.write(batch.astype("<f2").tobytes())


def _entry(archive: zipfile.ZipFile, name: str) -> Any:
    # ZipInfo has a fixed date: the same predictions have the same bytes.
    return archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True)
