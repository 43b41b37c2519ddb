"""The files in a zip or tar archive of others, one after another, each held to be hostile until it is looked at."""

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from segloss.data.getting.space import in_words, require_space
from segloss.errors import InputError

# Images hardly shrink in an archive; one that grows a hundredfold was made to fill disks.
LARGEST_GROWTH = 100
ALWAYS_ALLOWED = (
    10**8
)  # bytes, which fill no disk: small archives may grow more, since empty label maps shrink to nothing
CHUNK = 1 << 20
DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError),
    *(struct.error, ValueError, NotImplementedError, RuntimeError, OverflowError),
)


@dataclass(frozen=True)
class Member:
    """A file in an archive, opened."""

    name: str
    size: int
    content: IO[bytes]


@contextmanager
def members_of(archive: Path, origin: str, folder: Path) -> Iterator[Iterator[Member]]:
    """The files of an archive.

    Args:
        archive: A zip or tar file, told apart by content.
        origin: What to call it in messages.
        folder: Where the files are to go.

    Raises:
        InputError: If it is no complete archive, holds links or devices, or more than it could rightly hold.
    """
    try:
        with _decompressed(archive) as stream:
            if tarred := _tar(_Bounded(stream, origin, allowed(archive))):
                yield _of_tar(tarred, origin, folder)
                return
        if not zipfile.is_zipfile(archive):
            raise InputError(f"{origin}: not an archive or cut off, expected a complete zip or tar file.")
        with zipfile.ZipFile(archive) as zipped:
            total = sum(info.file_size for info in zipped.infolist())
            check_growth(total, origin, allowed(archive))
            require_space(folder, total, "the unpacked files")
            yield _of_zip(zipped, origin)
    except InputError:
        raise
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; gzip and bzip2 report damage without a number
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{origin}: damaged ({reason}), expected a complete zip or tar file.") from error


def allowed(archive: Path) -> int:
    """Bytes that an archive may unpack to."""
    return max(ALWAYS_ALLOWED, LARGEST_GROWTH * archive.stat().st_size)


def check_growth(total: int, origin: str, most: int) -> None:
    """Check what an archive unpacks to.

    Raises:
        InputError: If it is more than allowed.
    """
    if total > most:
        raise InputError(f"{origin}: unpacks to {in_words(total)} or more, expected at most {in_words(most)}.")


class _Bounded:
    """A stream for tarfile, which believes any length that a header states and reads as much into memory."""

    def __init__(self, stream: IO[bytes], origin: str, most: int) -> None:
        self.stream, self.origin, self.most = stream, origin, most

    def read(self, size: int) -> bytes:
        """The next bytes."""
        if not 0 <= size <= CHUNK:
            raise tarfile.ReadError("one of its headers is longer than a header can be")
        check_growth(self.stream.tell(), self.origin, self.most)
        return self.stream.read(size)

    def seek(self, place: int) -> int:
        """Go to a place, which of a compressed file unpacks all before it."""
        check_growth(place, self.origin, self.most)
        return self.stream.seek(place)

    def tell(self) -> int:
        """The place."""
        return self.stream.tell()


def _decompressed(archive: Path) -> IO[bytes]:
    for opened in (gzip.open, bz2.open, lzma.open):
        try:
            with opened(archive) as stream:
                stream.read(1)
            return cast(IO[bytes], opened(archive))
        except DAMAGE:
            continue
    return archive.open("rb")


def _tar(stream: _Bounded) -> tarfile.TarFile | None:
    try:
        return tarfile.TarFile(fileobj=cast(Any, stream))
    except InputError:
        raise
    except DAMAGE:
        return None


def _of_zip(zipped: zipfile.ZipFile, origin: str) -> Iterator[Member]:
    for info in zipped.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _unwanted(origin, info.filename, is_link=kind == stat.S_IFLNK)
        if info.flag_bits & 1:
            raise InputError(f"{origin}: {info.filename!r} in it is encrypted, expected no password.")
        if not info.is_dir():
            with zipped.open(info) as content:
                yield Member(info.filename, info.file_size, content)


def _of_tar(tarred: tarfile.TarFile, origin: str, folder: Path) -> Iterator[Member]:
    for info in tarred:
        if not (info.isfile() or info.isdir()):
            raise _unwanted(origin, info.name, is_link=info.issym() or info.islnk())
        try:
            tarfile.data_filter(info, str(folder))
        except tarfile.FilterError as error:
            raise InputError(f"{origin}: {info.name!r} leads outside, expected names below one folder.") from error
        if content := tarred.extractfile(info):
            yield Member(info.name, info.size, content)
    # A header that is damaged or cut off looks to tarfile like the end, which is a block of zeros.
    stream = cast(IO[bytes], tarred.fileobj)
    stream.seek(tarred.offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("the mark of its end is missing")


def _unwanted(origin: str, name: str, is_link: bool) -> InputError:
    kind = "a link" if is_link else "a device"
    return InputError(f"{origin}: {name!r} in it is {kind}, expected files and folders only.")
