"""The committed site in a real browser, opened from the file system."""

import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from browser import CHROMIUM, Browser

SITE = Path(__file__).parents[1] / "reports/site"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
LOOK = """
const images = [...document.images], prose = document.querySelector("[role=main]").cloneNode(true);
prose.querySelectorAll("pre, code, script").forEach((e) => e.remove());
return {
  missing: images.filter((i) => !i.complete || !i.naturalWidth).map((i) => i.src),
  silent: images.filter((i) => !i.alt).map((i) => i.src),
  text: prose.textContent,
};
"""
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian's package: chromium)")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all tests."""
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(autouse=True)
def _desktop(request) -> None:
    if CHROMIUM is not None:
        request.getfixturevalue("browser").resize(1280)


def address(page: str) -> str:
    """Where a page lies."""
    name, *rest = re.split(r"(?=[?#])", page, maxsplit=1)
    return (SITE / name).as_uri() + "".join(rest)


@pytest.fixture(scope="module")
def seen(browser) -> Callable[[str], dict[str, Any]]:
    """What is to be seen on a page, which is loaded once: on a desktop, then narrowed to a phone."""

    @cache
    def look(page: str) -> dict[str, Any]:
        browser.resize(1280)
        browser.open(address(page))
        facts = browser.run(f"(() => {{ {LOOK} }})()")
        browser.resize(390)
        width = browser.run("document.documentElement.scrollWidth")
        return {**facts, "phone": width, "faults": list(browser.faults), "requests": list(browser.requests)}

    return look


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_without_faults(seen, page):
    assert seen(page)["faults"] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_image_is_there_and_says_what_it_shows(seen, page):
    assert (seen(page)["missing"], seen(page)["silent"]) == ([], [])


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_no_host_for_anything(seen, page):
    assert seen(page)["requests"]
    assert [asked for asked in seen(page)["requests"] if not asked.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_tex_outside_code(seen, page):
    assert seen(page)["text"].strip()
    assert re.findall(r"\$\$|\\[a-zA-Z]+\{|\\(?:frac|sum|left|begin)", seen(page)["text"]) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(seen, page):
    assert seen(page)["phone"] <= 390


def results(browser: Browser, query: str) -> list[str]:
    """Titles and addresses that the search finds."""
    browser.open(address(f"search.html?q={query}"))
    return browser.run(
        "[...document.querySelectorAll('#search-results li')].map(i => i.querySelector('a').href + i.innerText)"
    )


def test_the_search_finds_a_word_of_a_heading_first(browser):
    assert "hausdorff" in results(browser, "hausdorff")[0].lower()


@pytest.mark.parametrize(("typed", "meant"), [("NBFS", "nfbs"), ("tverksy", "tversky"), ("housdorff", "hausdorff")])
def test_the_search_finds_what_a_slip_of_the_finger_meant(browser, typed, meant):
    assert meant in results(browser, typed)[0].lower()


def test_the_search_asks_for_all_words_and_knows_other_names(browser):
    found = results(browser, "kappa+jaccard")
    assert found
    assert browser.run("document.getElementById('search-status').textContent").endswith("Looked for iou, too.")


def test_the_search_shows_nothing_where_nothing_is(browser):
    assert results(browser, "xylophonist") == []
    assert "Nothing was found." in browser.run("document.getElementById('search-status').textContent")


def test_every_place_that_the_search_finds_exists(browser):
    found = results(browser, "dice")
    anchors = {link.split(".html#")[0] + ".html": link for link in found if ".html#" in link}
    browser.open(address("search.html?q=dice"))
    links = browser.run("[...document.querySelectorAll('#search-results a')].map(a => a.href)")
    assert anchors
    for link in links[:5]:
        browser.open(link)
        name = link.partition("#")[2]
        assert not name or browser.run(f"document.getElementById({name!r}) !== null")


def test_a_typed_query_in_the_sidebar_leads_to_the_search(browser):
    browser.open(address("index.html"))
    form = browser.run("document.querySelector('.sidebar-search-container').action")
    assert form == address("search.html")


def column(browser: Browser, number: int) -> list[str]:
    """The texts of a column of the first table that can be sorted."""
    return browser.run(
        "[...document.querySelector('button.sort').closest('table').tBodies[0].rows]"
        f".map(row => row.cells[{number}].textContent)"
    )


def test_a_click_on_a_head_sorts_numbers_up_then_down_then_as_they_were(browser):
    browser.open(address("index.html"))
    values = {"c": "–", "a": "10", "b": "−2.5 (−3 to 1)", "d": "3"}
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in values.items())
    table = f"<table id=t><thead><tr><th>n</th><th>v</th></tr></thead><tbody>{rows}</tbody></table>"
    source = (SITE / "_static/tables.js").read_text(encoding="utf-8")
    browser.run(f"document.querySelector('[role=main]').innerHTML = {table!r}")
    browser.run(f"(() => {{ {source} }})()")
    orders = []
    for _ in range(3):
        browser.run("document.querySelectorAll('#t button.sort')[1].click()")
        orders.append(
            "".join(browser.run("[...document.querySelectorAll('#t tbody tr')].map(r => r.cells[0].innerText)"))
        )
    assert orders == ["bdac", "adbc", "cabd"]


def test_a_table_of_a_report_sorts_by_its_text(browser):
    browser.open(address(next(page for page in PAGES if page.endswith("/kappa.html"))))
    browser.run("document.querySelector('button.sort').click()")
    browser.run("document.querySelector('button.sort').click()")
    shown = column(browser, 0)
    assert (
        shown == sorted(shown, key=lambda name: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", name)])[::-1]
    )
    assert browser.run("document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == "descending"


def test_the_dark_page_is_dark_and_its_figures_stay_light(browser):
    browser.open(address(next(page for page in PAGES if page.endswith("/kappa.html"))))
    browser.run("document.body.dataset.theme = 'dark'")
    light = "(e => getComputedStyle(e).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3)"
    assert browser.run(f"{light}(document.body)") < 60
    assert browser.run(f"{light}(document.querySelector('.cell_output img'))") == 255


def test_code_is_folded_and_opens(browser):
    browser.open(address(next(page for page in PAGES if page.endswith("/kappa.html"))))
    visible = "document.querySelector('details.hide pre').checkVisibility()"
    assert not browser.run(visible)
    browser.run("document.querySelector('details.hide').open = true")
    assert browser.run(visible)
