"""Which data sets are there, and whether data/ holds exactly the phantoms."""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from segloss.data.files import visible_files
from segloss.errors import InputError
from segloss.paths import INVENTORY
from segloss.provenance import fingerprint_of, write_json, written_aside
from segloss.turns import one_at_a_time

DATA = Path("data")
PHANTOM_NOTE = "PHANTOM.txt"
EDGE = 64 * 1024


@one_at_a_time("inventory")
def take_inventory(data_root: Path, params: dict[str, Any]) -> None:
    """Write ``build/inventory/<dataset>.json`` for each data set of the parameters.

    Raises:
        InputError: If ``data_root`` does not exist, or is ``data`` and holds something else than the phantoms.
    """
    if data_root.resolve() == DATA.resolve():
        guard_phantoms()
    if not data_root.is_dir():
        raise InputError(f"{data_root}: expected a folder with one folder per data set, such as isic2018.")
    described = cache(describe)
    with written_aside(INVENTORY) as aside:
        for dataset, settings in params["datasets"].items():
            found = described(data_root / settings["folder"])
            write_json(aside / f"{dataset}.json", {"dataset": dataset, **found})


def guard_phantoms(
    data: Path = DATA,
    tracked: Path = Path("data.dvc"),
    store: Path = Path(".dvcstore"),
    before_pull: bool = False,
) -> None:
    """Check that ``data/`` is the phantom set that ``data.dvc`` names, file by file.

    Args:
        data: The folder.
        tracked: The file that names the phantom set.
        store: The DVC remote inside the repository.
        before_pull: Files may still be missing, since a pull brings them.

    Raises:
        InputError: With the first file that is extra, changed or missing.
    """
    expected = _tracked_files(tracked, store)
    found = {file.relative_to(data).as_posix(): file for file in visible_files(data)}
    if not found and not before_pull:
        raise InputError(f"{data}/ holds no files, expected the phantoms: run `dvc pull data.dvc`.")
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            if before_pull:
                continue
            raise InputError(f"{data / name} is missing from the phantoms: run `dvc pull data.dvc`.")
        if name not in expected or _md5(found[name]) != expected[name]:
            state = "has changed" if name in expected else "is not a phantom"
            raise InputError(
                f"{data / name} {state}, and {data}/ holds only the phantoms: move what is yours to a folder of "
                "its own, which DATA_ROOT names (then `dvc pull --force data.dvc` restores the phantoms)."
            )


def describe(folder: Path) -> dict[str, Any]:
    """Whether a data set is there, how many files it has, their fingerprint, and whether they are phantoms."""
    phantom = (folder / PHANTOM_NOTE).is_file()
    files = [file for file in visible_files(folder) if file.name != PHANTOM_NOTE]
    parts = (part for file in files for part in (file.relative_to(folder).as_posix(), *_edges(file)))
    return {
        "present": bool(files),
        "files": len(files),
        "fingerprint": fingerprint_of(parts) if files else None,
        "phantom": phantom and bool(files),
    }


def _edges(file: Path) -> Iterator[bytes | str]:
    # Hashing hundreds of gigabytes at each command is no option; size and both ends show what changes in practice.
    size = file.stat().st_size
    yield str(size)
    with file.open("rb") as stream:
        yield stream.read(EDGE)
        stream.seek(max(EDGE, size - EDGE))
        yield stream.read(EDGE)


def _md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()


def _tracked_files(tracked: Path, store: Path) -> dict[str, str]:
    if not tracked.is_file():
        raise InputError(f"{tracked} is missing; expected the file that names the phantom set.")
    md5 = yaml.safe_load(tracked.read_text(encoding="utf-8"))["outs"][0]["md5"]
    listing = store / "files" / "md5" / md5[:2] / md5[2:]
    if not listing.is_file():
        raise InputError(f"{listing}: the list of the phantoms is missing; expected it as {tracked} names it.")
    return {entry["relpath"]: entry["md5"] for entry in json.loads(listing.read_text(encoding="utf-8"))}
