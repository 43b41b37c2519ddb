"""A disk that takes no more, and a folder that cannot be written to: faults, said in one sentence."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segloss.errors import InputError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def disk_faults(folder: Path) -> Iterator[None]:
    """Say what is wrong with the disk below ``folder``, where the block writes.

    Raises:
        InputError: If there is no room left, or the place is read-only.
    """
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        if error.errno in FULL:
            raise InputError(
                f"{place}: the disk has no room left ({error.strerror}); make some and run the command again, which "
                "goes on from what is finished."
            ) from error
        if error.errno in CLOSED:
            raise InputError(f"{place} cannot be written to ({error.strerror}), expected a writable folder.") from error
        raise
