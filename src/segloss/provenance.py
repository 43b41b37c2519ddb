"""Fingerprints of data, code and parameters, and files that are never half-written."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

Part = bytes | str | dict[str, Any] | list[Any] | Path


def fingerprint(*parts: Part) -> str:
    """Twelve hexadecimal digits of the SHA-256 of the parts, in their order.

    A path stands for the content of its file, or for the names and contents of all files below its
    folder. A dict or list stands for its JSON with sorted keys.
    """
    return fingerprint_of(parts)


def fingerprint_of(parts: Iterable[Part]) -> str:
    """The same of parts that come one by one, and need not be in memory together."""
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
    with written_file(path) as stream:
        stream.write(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def resumable_folder(folder: Path, key: str) -> Path:
    """A folder of unfinished work, emptied if it was begun with another key: other data, code or parameters."""
    keyfile = folder.with_name(folder.name + ".key")
    if not keyfile.is_file() or keyfile.read_text(encoding="utf-8") != key:
        # The key goes first: a folder that is half removed belongs to none.
        keyfile.unlink(missing_ok=True)
        _remove(folder)
        with written_file(keyfile) as stream:
            stream.write(key)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def written_file(path: Path) -> Iterator[TextIO]:
    """Yield a text file beside ``path`` that takes its place when the block ends without error."""
    aside = path.with_name(path.name + ".tmp")
    with named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("w", newline="", encoding="utf-8") as stream:
                yield stream
            os.replace(aside, path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that takes its place when the block ends without error."""
    aside = path.with_name(path.name + ".tmp")
    with named(path):
        _remove(aside)
        aside.mkdir(parents=True)
        try:
            yield aside
            put_in_place(aside, path)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise


def put_in_place(folder: Path, path: Path) -> None:
    """Let a complete folder take the place of ``path``: there is the old one, then none, then the new one."""
    old = path.with_name(path.name + ".old")
    _remove(old)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        os.replace(path, old)
    os.replace(folder, path)
    _remove(old)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Let an error of the operating system name a file: of a write that fails, it does not say where it was."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _chunks(part: Part) -> Iterator[bytes]:
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
