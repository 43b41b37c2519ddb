"""The cheat sheet and the glossary."""

import inspect
import re

import pytest

from segloss.cheat_sheet import PAGE, cheat_sheet, letters_of, option_words
from segloss.losses import LOSSES
from segloss.published import load_overview
from segloss.verdicts.words import loss_title


@pytest.fixture(scope="module")
def blocks():
    """What the committed page says of each loss, by its heading."""
    text = PAGE.read_text(encoding="utf-8")
    return {
        part.splitlines()[0]: part for part in re.split(r"^### |^## .*", text, flags=re.MULTILINE)[1:] if part.strip()
    }


@pytest.fixture(scope="module")
def terms():
    """The terms of the glossary, in its order."""
    return re.findall(r"^\*\*([^*]+)\.\*\* ", PAGE.with_name("glossary.md").read_text("utf-8"), re.MULTILINE)


def test_the_page_is_what_the_code_writes():
    assert PAGE.read_text(encoding="utf-8") == cheat_sheet(), "python -m segloss.cheat_sheet writes it anew"


def test_the_page_has_every_loss_once(blocks):
    assert sorted(blocks) == sorted(loss_title(name) for name in LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_every_option_stands_there_with_its_default_and_in_words(blocks, name):
    block = blocks[loss_title(name)]
    (call,) = re.findall(r"^`(\w+\(.*\))`$", block, re.MULTILINE)
    for parameter in inspect.signature(LOSSES[name]).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            default = "" if parameter.default is parameter.empty else f"={parameter.default}"
            assert re.search(rf"[(, ]{re.escape(parameter.name + default)}[,)]", call)
            assert re.search(rf"^- `{parameter.name}` \w", block, re.MULTILINE)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_formula_range_use_and_warning(blocks, name):
    block = blocks[loss_title(name)]
    assert re.search(r"\$\$\nL = .+\n", block)
    assert re.search(r"^- \*\*Range:\*\* Scalar.* Regions counted: \w", block, re.MULTILINE)
    assert re.search(r"^- \*\*Use:\*\* \w.*\.\n- \*\*Beware:\*\* \w.*\.$", block, re.MULTILINE)


def test_every_letter_of_a_paper_that_means_a_part_of_a_loss_is_on_the_page(blocks):
    rows = [row for row in load_overview("letters") if row["loss"]]
    assert [r for r in rows if f"{r['place']}" not in blocks[loss_title(r["loss"])]] == []


def test_one_letter_with_two_meanings_stands_at_two_options():
    letters = letters_of("tversky")
    assert any(words.startswith("α (TopK Dice") for words in letters["fp_weight"])
    assert any(words.startswith("α (Survey, its code") for words in letters["fn_weight"])


def test_an_option_is_explained_in_the_words_of_the_docstring_without_its_markup():
    assert option_words("weighted_cross_entropy") == {
        "positive_weight": "w, > 0. Above 1 it makes false negatives dearer, below 1 false positives."
    }


def test_the_terms_of_the_glossary_are_in_alphabetical_order(terms):
    assert len(terms) > 30
    assert terms == sorted(terms, key=str.lower)


def test_the_glossary_has_the_vocabulary_of_the_project(terms):
    words = {"arm", "case", "claim", "fold", "protocol", "run", "scale", "subject", "verdict", "patch", "phantom"}
    assert words <= {term.lower() for term in terms}
