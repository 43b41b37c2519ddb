import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from segloss.__main__ import main, parse
from segloss.config import load_params
from segloss.data.catalogue import Archive, Entry, catalogue, lookup
from segloss.data.catalogue_text import description, how_to_obtain, markdown_table, table
from segloss.errors import InputError

ENTRIES = catalogue().values()
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Run a command as a user types it; gives the exit code and what was printed."""

    def command(*words: str) -> tuple[int, Any]:
        monkeypatch.setattr("sys.argv", ["segloss", *words])
        return main(), capsys.readouterr()

    return command


def test_all_data_sets_of_the_five_papers_are_in_it_and_ones_own() -> None:
    assert list(catalogue()) == [
        *("scd", "isic2016", "isic2017", "isic2018"),
        *("synapse", "acdc", "msseg", "isles2018", "wmh2017"),
        *("kits19", "brats2020", "bus2017", "busi", "nfbs", "own"),
    ]
    papers = {paper for entry in ENTRIES for paper in entry.papers}
    assert papers == {"kappa", "topk_dice", "boundary", "unified_focal", "log_cosh_dice"}


@each_entry
def test_every_field_is_filled_with_its_own_type(entry: Entry) -> None:
    for name, kind in Entry.__annotations__.items():
        value = getattr(entry, name)
        if name == "cases":
            assert value is None or value > 0
        elif kind is str:
            assert isinstance(value, str), name
            assert value.strip(), name
        else:
            assert isinstance(value, tuple), name
            assert all(isinstance(item, Archive if name == "archives" else str) for item in value), name
    assert entry.classes
    assert entry.modalities
    assert entry.layout


@each_entry
def test_a_set_is_either_downloaded_or_has_steps(entry: Entry) -> None:
    assert bool(entry.archives) != bool(entry.steps)
    assert entry.access == ("download" if entry.archives else "by hand")


@each_entry
def test_addresses_are_whole_and_downloads_are_encrypted(entry: Entry) -> None:
    assert urlsplit(entry.page).netloc
    assert all(urlsplit(archive.url).scheme == "https" and archive.name for archive in entry.archives)
    assert all(re.fullmatch("[0-9a-f]{64}", archive.sha256) for archive in entry.archives if archive.sha256)


@each_entry
def test_the_layout_lies_in_the_folders_and_the_archives_bring_all_of_them(entry: Entry) -> None:
    assert {archive.folder for archive in entry.archives} in (set(), set(entry.folders))
    for line in entry.layout:
        assert line.startswith(entry.folders), line


def test_the_folders_are_those_that_the_parameters_name(root: Path) -> None:
    datasets = load_params(root / "params.yaml")["datasets"].values()
    folders = {settings["folder"] for settings in datasets if settings["reader"] != "nnunet"}
    assert folders <= set(catalogue())


def test_the_file_names_no_data_set_twice(root: Path) -> None:
    text = (root / "src/segloss/data/catalogue.yaml").read_text(encoding="utf-8")
    names = re.findall(r"^(\w+):$", text, flags=re.MULTILINE)
    assert names == list(yaml.safe_load(text))


def test_the_table_fits_a_wide_terminal_and_has_a_row_for_each_set() -> None:
    lines = table().splitlines()
    assert max(map(len, lines)) <= 120
    starts = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert starts[2:] == list(catalogue())


def test_the_table_says_cell_by_cell_what_the_markdown_table_says() -> None:
    rows = table().split("\n---", 1)[1]
    rule, *lines = ("---" + rows).splitlines()
    spans = [match.span() for match in re.finditer("-+", rule)]
    cells: list[list[str]] = []
    for line in lines:
        if not line.startswith(" "):
            cells.append([""] * len(spans))
        cells[-1] = [cell + line[start:end] for cell, (start, end) in zip(cells[-1], spans, strict=True)]
    expected = [line.strip("| ").split(" | ") for line in markdown_table().splitlines()[2:]]
    assert [["".join(cell.split()) for cell in row] for row in cells] == [
        ["".join(cell.split()) for cell in row] for row in expected
    ]


def test_the_page_shows_the_generated_table(root: Path) -> None:
    page = (root / "docs/data-sets.md").read_text(encoding="utf-8")
    assert markdown_table() in page, "renew the table with: python -m segloss datasets --markdown"


def test_every_row_of_the_markdown_table_has_all_columns() -> None:
    assert {line.count("|") for line in markdown_table().splitlines()} == {10}
    assert len(markdown_table().splitlines()) == 2 + len(catalogue())


@each_entry
def test_a_description_says_what_where_from_and_what_next(entry: Entry) -> None:
    text = description(entry)
    for part in (entry.licence, entry.page, f"check {entry.name} DATA_ROOT", "Afterwards there are:"):
        assert part in text
    flat = " ".join(text.split())
    assert " ".join(entry.citation.split()) in flat
    assert all(" ".join(line.split()) in flat for line in (*entry.steps, *entry.unconfirmed))


@each_entry
def test_every_command_that_a_description_prints_is_understood(entry: Entry) -> None:
    commands = re.findall(r"^ +python -m segloss (.*)$", description(entry, Path("my data")), flags=re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        assert parse(shlex.split(command)).run


def test_a_root_with_a_blank_is_quoted_in_commands() -> None:
    assert "check nfbs 'my data'" in how_to_obtain(lookup("nfbs"), Path("my data"))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'isic' is no data set of the catalogue; it has scd, isic2016, .* own\."):
        lookup("isic")


def test_the_command_lists_the_sets(run: Callable[..., tuple[int, Any]]) -> None:
    code, printed = run("datasets")
    assert (code, printed.out) == (0, table() + "\n")


def test_the_command_prints_markdown(run: Callable[..., tuple[int, Any]]) -> None:
    code, printed = run("datasets", "--markdown")
    assert (code, printed.out) == (0, markdown_table())


def test_the_command_describes_one_set(run: Callable[..., tuple[int, Any]]) -> None:
    code, printed = run("datasets", "acdc")
    assert (code, printed.out) == (0, description(lookup("acdc")) + "\n")


def test_the_command_ends_in_one_sentence_for_an_unknown_name(run: Callable[..., tuple[int, Any]]) -> None:
    code, printed = run("datasets", "nothing")
    assert code == 1
    assert printed.err.startswith("segloss: 'nothing' is no data set")
    assert printed.err.count("\n") == 1
