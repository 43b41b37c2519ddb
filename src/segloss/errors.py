"""What users meet: a sentence that names the file and what was expected."""

import errno
import os

# What a disk or a missing right may do to any command, and what helps. Any other error of the system is shown whole.
_DISK = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room and give the same command again"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "expected the right to read and write there"),
    errno.EIO: "expected a disk that can be read and written",
}


class InputError(ValueError):
    """Bad input. The message is one sentence; the command line prints it without a traceback."""


def disk_fault(error: OSError) -> str | None:
    """What a full disk or a missing right did, as one sentence; None of any other error.

    >>> disk_fault(OSError(errno.ENOSPC, "", "build/prepared/scd"))
    'build/prepared/scd: No space left on device; make room and give the same command again.'
    """
    if error.errno not in _DISK:
        return None
    return f"{error.filename or 'A file'}: {os.strerror(error.errno)}; {_DISK[error.errno]}."
