"""Unpack zip and tar archives of others: whatever their names and sizes say, nothing lands outside one folder."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from segloss.data.getting.archive_names import ArchiveNames
from segloss.data.getting.archives import CHUNK, Member, allowed, check_growth, members_of
from segloss.data.getting.space import writing_below
from segloss.errors import InputError

DEEPEST = 3  # folders around the ones that are wanted
RESOURCE_FORKS = "__MACOSX"


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
            with members_of(archive, origin, folder) as members:
                _write(members, aside, origin, allowed(archive))
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


def _write(members: Iterator[Member], aside: Path, origin: str, most: int) -> None:
    total, names = 0, ArchiveNames(origin)
    with tqdm(desc="unpack", unit="B", unit_scale=True, disable=None) as progress:
        for member in members:
            total += member.size
            check_growth(total, origin, most)
            name = names.add(member.name)
            if RESOURCE_FORKS in name.parts:
                continue
            target = aside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as sink:
                while chunk := member.content.read(CHUNK):
                    sink.write(chunk)
                    progress.update(len(chunk))


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
