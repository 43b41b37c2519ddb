"""Unpack zip and tar archives of others: whatever their names and sizes say, nothing lands outside one folder."""

import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from tqdm import tqdm

from segloss.data.getting.space import in_words, require_space, writing_below
from segloss.errors import InputError

# Images hardly shrink in an archive; one that grows a hundredfold was made to fill disks.
LARGEST_GROWTH = 100
ALWAYS_ALLOWED = 10**9  # bytes: small archives may grow more, since empty label maps shrink to nothing
DEEPEST = 3  # folders around the ones that are wanted
CHUNK = 1 << 20
RESOURCE_FORKS = "__MACOSX"


@dataclass(frozen=True)
class Member:
    """A file in an archive, opened."""

    name: str
    size: int
    content: IO[bytes]


def unpack(archive: Path, folder: Path, wanted: Sequence[str], origin: str | None = None) -> list[str]:
    """Take out of an archive what belongs to a data set, all of it or nothing.

    Args:
        archive: A zip or tar file.
        folder: Of the data set; it exists.
        wanted: Names that may lie directly below ``folder``. In the archive they may lie in further folders. If
            there is one name only, it may also stand for the files of an archive that has no folders.
        origin: What to call the archive in messages; left out, its path.

    Returns:
        The wanted names that the archive has; one that was in ``folder`` before is left as it was.

    Raises:
        InputError: If the file is no complete archive, holds links, names that lead outside, more than it could
            rightly hold or nothing that is wanted, or if there is no room for it.
    """
    origin = origin or str(archive)
    aside = folder / f".unpacking-{archive.name.lstrip('.')}"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        with writing_below(folder):
            aside.mkdir()
            with _members(archive, origin, folder) as members:
                _write(members, aside, origin, _allowed(archive))
            found = _find(aside, wanted)
            if not found:
                inside = ", ".join(sorted(path.name for path in aside.iterdir())[:5]) or "nothing"
                raise InputError(f"{origin}: the archive holds {inside}, expected {' or '.join(wanted)}.")
            for path in found:
                if not (folder / path.name).exists():
                    path.rename(folder / path.name)
            return [path.name for path in found]
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _members(archive: Path, origin: str, folder: Path) -> Iterator[Iterator[Member]]:
    """The files of an archive, one after another; damage becomes a sentence."""
    try:
        if tarfile.is_tarfile(archive):
            with tarfile.open(archive) as tarred:
                yield _of_tar(tarred, origin, folder)
        elif zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                total = sum(info.file_size for info in zipped.infolist())
                _check_growth(total, origin, _allowed(archive))
                require_space(folder, total, "the unpacked files")
                yield _of_zip(zipped, origin)
        else:
            raise InputError(f"{origin}: not an archive or cut off, expected a complete zip or tar file.")
    except (zipfile.BadZipFile, tarfile.ReadError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; gzip and bzip2 report damage without a number
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{origin}: damaged ({reason}), expected a complete zip or tar file.") from error


def _of_zip(zipped: zipfile.ZipFile, origin: str) -> Iterator[Member]:
    for info in zipped.infolist():
        if stat.S_ISLNK(info.external_attr >> 16):
            raise InputError(f"{origin}: {info.filename!r} in it is a link, expected files and folders only.")
        if info.flag_bits & 1:
            raise InputError(f"{origin}: {info.filename!r} in it is encrypted, expected no password.")
        if not info.is_dir():
            with zipped.open(info) as content:
                yield Member(info.filename, info.file_size, content)


def _of_tar(tarred: tarfile.TarFile, origin: str, folder: Path) -> Iterator[Member]:
    for info in tarred:
        if not (info.isfile() or info.isdir()):
            kind = "a link" if info.issym() or info.islnk() else "a device"
            raise InputError(f"{origin}: {info.name!r} in it is {kind}, expected files and folders only.")
        try:
            tarfile.data_filter(info, str(folder))
        except tarfile.FilterError as error:
            raise InputError(f"{origin}: {info.name!r} leads outside, expected names below one folder.") from error
        if content := tarred.extractfile(info):
            yield Member(info.name, info.size, content)
    # A header that is damaged or cut off looks to tarfile like the end, which is a block of zeros.
    assert tarred.fileobj is not None
    tarred.fileobj.seek(tarred.offset)
    if tarred.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("the mark of its end is missing")


def _write(members: Iterator[Member], aside: Path, origin: str, allowed: int) -> None:
    total = 0
    with tqdm(desc="unpack", unit="B", unit_scale=True, disable=None) as progress:
        for member in members:
            total += member.size
            _check_growth(total, origin, allowed)
            name = _safe(member.name, origin)
            if RESOURCE_FORKS in name.parts:
                continue
            target = aside / name
            if target.exists():
                raise InputError(f"{origin}: {member.name!r} is in it twice, expected each file once.")
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as sink:
                while chunk := member.content.read(CHUNK):
                    sink.write(chunk)
                    progress.update(len(chunk))


def _allowed(archive: Path) -> int:
    return max(ALWAYS_ALLOWED, LARGEST_GROWTH * archive.stat().st_size)


def _check_growth(total: int, origin: str, allowed: int) -> None:
    if total > allowed:
        raise InputError(f"{origin}: unpacks to {in_words(total)} or more, expected at most {in_words(allowed)}.")


def _safe(name: str, origin: str) -> PurePosixPath:
    # Archives made on Windows may separate folders by backslashes, or name a drive.
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", name) or not path.parts:
        raise InputError(f"{origin}: {name!r} leads outside, expected names below one folder.")
    return path


def _find(aside: Path, wanted: Sequence[str]) -> list[Path]:
    """What is wanted, in the first folder from the top that has any of it."""
    level = [aside]
    for _ in range(DEEPEST + 1):
        for folder in level:
            if found := [folder / name for name in wanted if (folder / name).exists()]:
                return found
        level = [path for folder in level for path in sorted(folder.iterdir()) if path.is_dir()]
    files = list(aside.iterdir())
    if len(wanted) > 1 or not files or any(path.is_dir() for path in files):
        return []
    gathered = aside / wanted[0]
    gathered.mkdir()
    for path in files:
        path.rename(gathered / path.name)
    return [gathered]
