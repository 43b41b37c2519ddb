"""The get command: archives of a data set, downloaded or at hand, become folders that the readers know."""

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path

from segloss.data.catalogue import Archive, Entry
from segloss.data.catalogue_text import how_to_obtain
from segloss.data.getting.download import download
from segloss.data.getting.space import DiskFullError, writing_below
from segloss.data.getting.unpacking import unpack
from segloss.errors import InputError

# Hidden, as everything unfinished: inventory and readers look at visible files only.
CHECKSUMS = ".checksums.txt"


def get(entry: Entry, root: Path, from_archives: Sequence[Path] = ()) -> None:
    """Bring a data set below ``<root>/<name>/``, or say how a person obtains it.

    Args:
        entry: The data set.
        root: The folder of all data sets, outside the repository.
        from_archives: Files fetched by hand, which are unpacked instead of a download and stay where they are.

    Raises:
        InputError: If the download or an archive is not what was expected, or ``root`` is the phantoms' folder.
    """
    _refuse_phantoms(root)
    if not entry.archives and not from_archives:
        print(f"{entry.title} is not downloaded by this command.\n\n{how_to_obtain(entry, root)}")
        return
    folder = root / entry.name
    with writing_below(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if from_archives:
        for file in from_archives:
            _unpack_at_hand(file, entry, folder)
    else:
        for archive in entry.archives:
            _fetch(archive, folder)
    print(f"Next: python -m segloss check {entry.name} {shlex.quote(str(root))}")


def _refuse_phantoms(root: Path) -> None:
    for folder in (root.resolve(), *root.resolve().parents):
        if folder.name and folder.with_name(folder.name + ".dvc").is_file():
            raise InputError(
                f"{root}: DVC tracks {folder}, which holds the phantoms only; expected a folder of your own outside it."
            )


def _fetch(archive: Archive, folder: Path) -> None:
    if (folder / archive.folder).exists():
        print(f"{folder / archive.folder} is already there.")
        return
    file = folder / f".{archive.name}"
    if not file.exists():
        download(archive.url, file)
    try:
        checksum = _sha256(file)
        if archive.sha256 and checksum != archive.sha256:
            raise InputError(
                f"{archive.url}: the file's sha256 is {checksum}, expected {archive.sha256}; if the publisher has "
                "replaced it, fetch it by hand and give it with --from-archive."
            )
        unpack(file, folder, [archive.folder], origin=archive.url)
    except DiskFullError:
        raise  # the archive waits for a second try
    except InputError:
        file.unlink()
        raise
    file.unlink()
    _record(folder, archive.name, checksum)
    print(f"{folder / archive.folder} is unpacked.")


def _unpack_at_hand(file: Path, entry: Entry, folder: Path) -> None:
    if not file.is_file():
        raise InputError(f"{file} is not there, expected an archive of {entry.title}.")
    known = {archive.name: archive for archive in entry.archives}.get(file.name)
    before = {path.name for path in folder.iterdir()}
    checksum = _sha256(file)
    if known and known.sha256 and checksum != known.sha256:
        print(f"Note: {file} has another sha256 than the file that was seen before ({known.sha256}).")
    for name in unpack(file, folder, [known.folder] if known else entry.folders):
        print(f"{folder / name} is {'already there' if name in before else 'unpacked'}.")
    _record(folder, file.name, checksum)


def _record(folder: Path, name: str, checksum: str) -> None:
    """Keep the checksum in the form that sha256sum reads; say so where an earlier one was another."""
    path = folder / CHECKSUMS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    others = [line for line in lines if line.partition("  ")[2] != name]
    if earlier := [line for line in lines if line not in others and not line.startswith(checksum)]:
        print(f"Note: {name} has another sha256 than last time ({earlier[0].partition('  ')[0]}).")
    path.write_text("\n".join([*others, f"{checksum}  {name}"]) + "\n", encoding="utf-8")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
