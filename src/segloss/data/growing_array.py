"""Arrays that are longer than memory: a ``.npy`` file that grows along its first axis."""

from pathlib import Path

import numpy as np


class GrowingArray:
    """A ``.npy`` file to which items are appended.

    It can be loaded at any time: its header counts the items that are complete.

    Args:
        path: The file.
        dtype: Of the array.
        inner: Its shape behind the first axis.
        length: How many of the items that are already there to keep; the rest is cut off.
    """

    def __init__(self, path: Path, dtype: np.dtype, inner: tuple[int, ...], length: int = 0) -> None:
        self.dtype, self.inner, self.length = np.dtype(dtype), inner, length
        self._stream = path.open("r+b" if length else "w+b")
        self._write_header()
        self._stream.truncate(self._stream.tell() + length * self.dtype.itemsize * int(np.prod(inner)))

    def append(self, items: np.ndarray) -> None:
        r"""Append items (n, \*inner)."""
        if items.shape[1:] != self.inner or items.dtype != self.dtype:
            raise ValueError(f"expected {self.dtype} of shape (n, *{self.inner}), got {items.dtype} of {items.shape}")
        self._stream.seek(0, 2)
        self._stream.write(np.ascontiguousarray(items).data)
        self.length += len(items)
        self._write_header()
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _write_header(self) -> None:
        # NumPy pads the header, so that a longer first axis fits into the same bytes.
        self._stream.seek(0)
        description = np.lib.format.dtype_to_descr(self.dtype)
        header = {"descr": description, "fortran_order": False, "shape": (self.length, *self.inner)}
        np.lib.format.write_array_header_1_0(self._stream, header)
