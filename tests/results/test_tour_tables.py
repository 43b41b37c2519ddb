"""The tables of the guided tour agree with the registry and with the page of errata."""

import inspect
import re
from pathlib import Path

import pytest

from segloss import tables
from segloss.losses import LOSSES, SECONDARY_SOURCES
from segloss.published import load_overview, load_survey
from segloss.verdicts.words import loss_title

PARTS = ("survey", "problems", "letters", "conventions")


def rows_of(part: str) -> list[dict]:
    """The survey's own tables, or a part of the overview."""
    return load_survey() if part == "survey" else load_overview(part)


ERRATA = (Path(__file__).parents[2] / "docs/errata.md").read_text(encoding="utf-8")
PREFIX = {"kappa": "K", "topk_dice": "T", "boundary": "B", "unified_focal": "U", "log_cosh_dice": "S"}


def names_in(row: dict) -> list[str]:
    return row.get("losses") or [name for name in [row.get("loss")] if name]


@pytest.mark.parametrize("part", PARTS)
def test_every_loss_that_a_row_names_is_in_the_registry(part):
    assert {name for row in rows_of(part) for name in names_in(row)} <= set(LOSSES)


@pytest.mark.parametrize("part", PARTS)
def test_all_rows_have_the_same_cells(part):
    assert len({tuple(row) for row in rows_of(part)}) == 1


def test_every_word_for_a_letter_is_an_option_of_its_loss():
    for row in load_overview("letters"):
        if row["word"]:
            assert row["word"] in inspect.signature(LOSSES[row["loss"]]).parameters, row


def test_the_errata_of_a_row_are_those_of_its_paper():
    for row in [*load_overview("letters"), *load_overview("problems")]:
        assert all(number[0] == PREFIX[row["paper"]] for number in (row["errata"] or "").split(", ") if number), row


def test_every_erratum_that_a_row_cites_is_on_the_page_of_errata():
    cited = {n for part in PARTS[:3] for row in rows_of(part) for n in (row["errata"] or "").split(", ") if n}
    listed = set(re.findall(r"\b[A-Z]\d+\b", ERRATA))
    missing = {number for number in cited if number[0] in {name[0] for name in listed}} - listed
    assert missing == set()


def test_the_survey_lists_fifteen_losses_and_leaves_one_out_of_its_first_table():
    rows = load_survey()
    assert len(rows) == 15
    assert [row["name"] for row in rows if row["family"] is None] == [
        "Correlation Maximized Structural Similarity Loss"
    ]


def test_ours_is_the_first_line_of_the_conventions():
    assert tables.conventions_table()["source"].iloc[0] == "segloss"


def test_the_table_of_losses_is_the_registry_and_says_what_each_counts():
    table = tables.losses_table()
    assert list(table["name"]) == list(LOSSES)
    assert set(table["regions"].str.extract(r"(all|foreground)")[0]) == {"all", "foreground"}


def test_every_loss_with_a_secondary_source_is_listed():
    assert set(tables.secondary_sources_table()["loss"]) == {loss_title(name) for name in SECONDARY_SOURCES}


def test_no_two_losses_share_a_title():
    assert len({loss_title(name) for name in LOSSES}) == len(LOSSES)


@pytest.mark.parametrize("table", [tables.use_cases_table, tables.problems_table, tables.letters_table])
def test_no_cell_is_empty(table):
    assert not (table() == "").any().any()
    assert not table().isna().any().any()
