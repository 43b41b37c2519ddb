"""Fingerprints of data, code and parameters, and files that are never half-written."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def fingerprint(*parts: bytes | str | dict[str, Any] | list[Any] | Path) -> str:
    """Twelve hexadecimal digits of the SHA-256 of the parts, in their order.

    A path stands for the content of its file, or for the names and contents of all files below its
    folder. A dict or list stands for its JSON with sorted keys.
    """
    digest = hashlib.sha256()
    for part in parts:
        for chunk in _chunks(part):
            digest.update(len(chunk).to_bytes(8, "little"))
            digest.update(chunk)
    return digest.hexdigest()[:12]


def code_fingerprint(*paths: Path) -> str:
    """Fingerprint of the Python sources in these files and folders, whatever else lies beside them."""
    sources = [f for path in paths for f in ([path] if path.is_file() else sorted(path.rglob("*.py")))]
    return fingerprint(*sources)


def write_json(path: Path, content: Any) -> None:
    """Write JSON that a person can read, replacing the file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".tmp")
    aside.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(aside, path)


def resumable_folder(folder: Path, key: str) -> Path:
    """A folder of unfinished work, emptied if it was begun with another key: other data, code or parameters."""
    keyfile = folder.with_name(folder.name + ".key")
    if not keyfile.is_file() or keyfile.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    keyfile.write_text(key)
    return folder


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that takes its place when the block ends without error."""
    aside = path.with_name(path.name + ".tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if path.exists():
        shutil.rmtree(path)
    os.replace(aside, path)


def _chunks(part: bytes | str | dict[str, Any] | list[Any] | Path) -> Iterator[bytes]:
    if isinstance(part, bytes):
        yield part
    elif isinstance(part, str):
        yield part.encode()
    elif isinstance(part, Path):
        files = sorted(f for f in part.rglob("*") if f.is_file()) if part.is_dir() else [part]
        for file in files:
            yield file.relative_to(part).as_posix().encode() if part.is_dir() else file.name.encode()
            with file.open("rb") as stream:
                yield hashlib.file_digest(stream, "sha256").digest()
    else:
        yield json.dumps(part, sort_keys=True).encode()
