"""Files that are whole or known to be damaged: the content behind its SHA-256, and the one before it beside it."""

import hashlib
import os
from pathlib import Path

from segloss.provenance import named


def previous(path: Path) -> Path:
    """Where the file lies that ``path`` replaced."""
    return path.with_suffix(f".previous{path.suffix}")


def write_sealed(path: Path, content: bytes | memoryview) -> None:
    """Replace a file in one step, once the new one is safe on the disk; the old one stays as :func:`previous`.

    Its first line is the SHA-256 of the rest. Whatever stops it, one of the two files is whole and nothing lies beside
    them but, after a kill, ``<name>.tmp``.
    """
    aside = path.with_name(path.name + ".tmp")
    with named(path):
        try:
            with aside.open("wb") as stream:
                stream.write(_seal(content))
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        if path.exists():
            os.replace(path, previous(path))
        os.replace(aside, path)


def read_sealed(path: Path) -> bytes | None:
    """The content of a file, or None if it is damaged: truncated, say, or with a bit that flipped."""
    with path.open("rb") as stream:
        seal, content = stream.readline(), stream.read()
    return content if seal == _seal(content) else None


def _seal(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"
