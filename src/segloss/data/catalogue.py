"""What is known of each official data set: facts, where it comes from, and how it lies on disk (catalogue.yaml)."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import yaml

from segloss.errors import InputError

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Archive:
    """One file of an anonymous download.

    Args:
        url: Where it is.
        folder: The folder that it brings.
        sha256: Its checksum, where known.
    """

    url: str
    folder: str
    sha256: str | None = None

    @property
    def name(self) -> str:
        """Its file name, the last part of the address."""
        return urlsplit(self.url).path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Entry:
    """One data set; the comments at the head of catalogue.yaml say what each field holds.

    Exactly one of ``archives`` and ``steps`` is filled: what a program may fetch, or what a person has to do.
    """

    name: str
    title: str
    what: str
    papers: tuple[str, ...]
    cases: int | None
    cases_note: str
    classes: tuple[str, ...]
    modalities: tuple[str, ...]
    size: str
    spacing_mm: str
    foreground: str
    licence: str
    citation: str
    page: str
    archives: tuple[Archive, ...]
    steps: tuple[str, ...]
    folders: tuple[str, ...]
    layout: tuple[str, ...]
    unconfirmed: tuple[str, ...]

    @property
    def access(self) -> str:
        """How it is obtained, in two words at most."""
        return "download" if self.archives else "by hand"


@cache
def catalogue() -> dict[str, Entry]:
    """All data sets by name, which is also the name of their folder, in the order of the papers."""
    content = yaml.safe_load(files("segloss.data").joinpath("catalogue.yaml").read_text(encoding="utf-8"))
    return {name: _entry(name, fields) for name, fields in content.items()}


def lookup(name: str) -> Entry:
    """The data set of a name.

    Raises:
        InputError: If there is none.
    """
    if name not in catalogue():
        raise InputError(f"{name!r} is no data set of the catalogue; it has {', '.join(catalogue())}.")
    return catalogue()[name]


def _entry(name: str, fields: dict[str, Any]) -> Entry:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    values["archives"] = tuple(Archive(**archive) for archive in fields["archives"])
    return Entry(name=name, **values)
