"""Pages of feedback need no network and ask for none."""

import re
import sys
from pathlib import Path

import pytest

from segloss.course.feedback import FormulaRenderer
from tests.course.made_up import NAME

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser import CHROMIUM, Browser


@pytest.fixture(scope="module")
def page(classroom):
    """The page of the student who forgets to divide."""
    return classroom / "feedback/forgets to divide" / NAME / f"{NAME}.html"


def test_nothing_is_loaded_from_anywhere(page):
    html = page.read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']*""", html) == []
    assert re.findall(r"@import|url\((?!['\"]?data:)[^)]*", html) == []
    assert "<script" not in html


def test_formulas_are_drawn(page):
    html = page.read_text(encoding="utf-8")
    assert html.count('class="formula"') == 2  # one in the text above, one in the answer in words
    assert r"\frac" not in html


def test_the_hidden_test_that_failed_is_shown_with_its_points(page):
    text = re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
    assert re.search(r"Grade cell: mean-hidden\s+Score: 0.0 / 2.0", text)


def test_tex_that_cannot_be_drawn_stays_as_it_was_typed():
    assert FormulaRenderer(set()).inline_math(r"\frac{1") == r"<code>\frac{1</code>"


def test_every_graded_student_has_a_page(classroom, marks):
    pages = {path.parents[1].name for path in classroom.glob("feedback/*/*/*.html")}
    assert pages == set(marks.index) - {"broken"}


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian's package: chromium)")
def test_what_a_student_wrote_loads_nothing_either(page, tmp_path):
    hostile = '<img src="https://192.0.2.1/x.png"><script>document.title = "run"</script>'
    changed = tmp_path / "page.html"
    changed.write_text(
        page.read_text(encoding="utf-8").replace("<code>mean-hidden</code>", hostile, 1), encoding="utf-8"
    )
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(changed.as_uri())
        refused = [fault for fault in browser.faults if "Content Security Policy" in fault]
        assert browser.run("document.title") == NAME
        assert len(refused) == 2, browser.faults
    finally:
        browser.close()
