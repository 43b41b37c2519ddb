"""The files that the prepare stage writes: each case's arrays behind those of the one before, and a record of each."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import numpy as np

from segloss.data.growing_array import GrowingArray
from segloss.provenance import fingerprint, named, written_file

RECORDS = "records.jsonl"
CONTENT = ("cases.csv", "images.npy", "labels.npy", "distances.npy", "truth.npy")


class PreparedFiles:
    """``images.npy``, ``labels.npy``, ``distances.npy`` and the records of the cases in them, added case by case.

    A case counts once its record is complete. So whatever a stop leaves behind, the next run goes on after
    the last case that counts.

    Args:
        folder: Where they lie, perhaps with what an earlier run left.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records = list(_complete_records(folder / RECORDS))
        with written_file(folder / RECORDS) as stream:
            stream.writelines(_line(record) for record in self.records)
        self._stream = (folder / RECORDS).open("a", encoding="utf-8")
        self._arrays: dict[str, GrowingArray] = {}

    def add(self, record: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Add a case: its arrays, items along the first axis, and what is to be known of it."""
        for name, array in arrays.items():
            with named(self.folder / f"{name}.npy"):
                self._file(name, array).append(array)
        record = {**record, "lengths": {name: len(array) for name, array in arrays.items()}}
        with named(self.folder / RECORDS):
            self._stream.write(_line(record))
            self._stream.flush()
        self.records.append(record)

    def _file(self, name: str, like: np.ndarray) -> GrowingArray:
        if name not in self._arrays:
            kept = sum(record["lengths"].get(name, 0) for record in self.records)
            self._arrays[name] = GrowingArray(self.folder / f"{name}.npy", like.dtype, like.shape[1:], kept)
        return self._arrays[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        streams: list[TextIO | GrowingArray] = [self._stream, *self._arrays.values()]
        for stream in streams:
            # After an error, what could not be written would only fail again.
            with named(self.folder) if error is None else suppress(OSError):
                stream.close()


def content_fingerprint(folder: Path) -> str:
    """Fingerprint of the table of cases and of all arrays of a prepared data set."""
    return fingerprint(*(folder / name for name in CONTENT if (folder / name).is_file()))


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _complete_records(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)
