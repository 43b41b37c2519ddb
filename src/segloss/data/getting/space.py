"""Whether a disk has room for what comes."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segloss.errors import InputError


class DiskFullError(InputError):
    """There is no room; what was downloaded so far is worth keeping."""


def require_space(folder: Path, needed: int, purpose: str) -> None:
    """Check before the work begins that a disk has room.

    Raises:
        DiskFullError: If it has not.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DiskFullError(
            f"{folder}: {in_words(free)} are free on this disk, expected at least {in_words(needed)} for {purpose}."
        )


@contextmanager
def writing_below(folder: Path) -> Iterator[None]:
    """Turn what goes wrong on writing into one sentence.

    Raises:
        DiskFullError: If the disk fills up after all.
        InputError: If files cannot be written for another reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(f"{folder}: the disk is full, expected room for the rest of the files.") from error
        name = error.filename or folder
        raise InputError(f"{name}: {error.strerror or error}, expected a folder that can be written to.") from error


def in_words(size: float) -> str:
    """A number of bytes as a person reads it, such as ``1.8 GB``."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
