"""Reading what other stages wrote, and saying so where it is damaged."""

import json
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segloss.data.prepared_files import content_fingerprint
from segloss.errors import InputError


def verify(folder: Path) -> None:
    """Read all that a prepared data set consists of, and hold it against what the prepare stage wrote.

    Raises:
        InputError: If a file is not as it was.
    """
    read_json(folder / "status.json", "the outcome of the prepare stage")
    wanted = read_json(folder / "provenance.json", "the provenance of the prepared data").get("fingerprint")
    if wanted and content_fingerprint(folder) != wanted:
        raise InputError(
            f"{folder} is damaged: its files have not the fingerprint {wanted} with which they were written; prepare "
            "the data set again."
        )


def streamed(path: Path, name: str, lengths: Iterable[int] = repeat(1)) -> Iterator[NDArray[Any]]:
    """Pieces of such lengths of an array in an npz file, along its first axis: NumPy itself would load all of it."""
    with undamaged(path), zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
        np.lib.format.read_magic(stream)
        (left, *shape), _, dtype = np.lib.format.read_array_header_1_0(stream)
        size = math.prod(shape) * dtype.itemsize
        for length in lengths:
            if length > left:
                return
            left -= length
            yield np.frombuffer(stream.read(length * size), dtype).reshape(length, *shape)


@contextmanager
def undamaged(path: Path) -> Iterator[None]:
    """Say of an archive of predictions that it is damaged, where reading it says so."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path} is damaged, expected the predictions of a fold ({error}); train the arm again."
        ) from error


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Content of a file; ``what`` it should be is said where it is missing or damaged."""
    if not path.is_file():
        raise InputError(f"{path} was not found; expected {what}.")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is damaged, expected {what} as JSON: {error}.") from error
