import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from segloss.errors import InputError
from segloss.published import PAPERS
from segloss.site import as_html, as_markdown, as_page, build_site, cards, data_note, drop_unused, navigation
from segloss.site.cards import PICTURES, summary
from segloss.site.pages import Page

FORMULAS = r"""# A title with $\kappa$

Inline $\frac{a}{b}$, $\sum_{i=1}^{N} p_i g_i$, a price of \$5 and $x$ and $y_j$ and $\kappa$ again.

$$\frac{\partial L}{\partial p_j} = -2 \, \frac{g_j \left( P + G - \frac{2PG}{N} \right)}{\left( P + G \right)^2}$$

\begin{align}
\lim_{d \to \infty} \kappa &= \text{Dice} \\ &= \begin{cases} 1 & a = b \\ 0 & \text{otherwise} \end{cases}
\end{align}
"""
IMAGE = '<img src="../../figures/phantom/demo/fig1.svg" alt="Two squares.">'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="2" height="2"/></svg>'
TABLE = '<div class="report-table"><a href="../../tables/phantom/demo/t1.csv">CSV</a></div>'
REPORT = {
    "paper": "demo",
    "scale": "phantom",
    "origin": "report@demo · phantom data: ISIC 2018",
    "datasets": [
        {"dataset": "isic2018", "title": "ISIC 2018", "kind": "phantom", "cases": 24},
        {"dataset": "scd", "title": "SCD", "kind": "absent", "cases": None},
    ],
}


def executed(report: dict = REPORT, text: str = FORMULAS):
    """What the report stage leaves of a notebook."""
    cells = [
        new_markdown_cell(text),
        new_code_cell("scale = 'default'", metadata={"tags": ["parameters"]}),
        new_code_cell("scale = 'phantom'", metadata={"tags": ["injected-parameters"]}),
        new_code_cell("figure", outputs=[new_output("display_data", {"text/html": IMAGE})]),
        new_code_cell("table", outputs=[new_output("display_data", {"text/html": TABLE})]),
        new_code_cell("text", outputs=[new_output("display_data", {"text/markdown": "so $p < 1$"})]),
    ]
    return new_notebook(cells=cells, metadata={"report": report, "language_info": {"name": "python"}})


def lay_out(folder: Path, docs: Path) -> None:
    """The project's pages, one executed notebook and its table."""
    shutil.copytree(docs, folder / "docs")
    for name in ("notebooks/phantom/demo.ipynb", "tables/phantom/demo/t1.csv", "figures/phantom/demo/fig1.svg"):
        (folder / "reports" / name).parent.mkdir(parents=True)
    nbformat.write(executed(), folder / "reports/notebooks/phantom/demo.ipynb")
    (folder / "reports/tables/phantom/demo/t1.csv").write_text("n\n1\n")
    (folder / "reports/figures/phantom/demo/fig1.svg").write_text(SVG)


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {f.relative_to(root).as_posix(): f.read_bytes() for f in root.rglob("*") if f.is_file()}


class Address(HTMLParser):
    """Addresses, visible text and ids of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.text, self.loaded, self.linked, self.ids = path, "", [], [], []
        self._hidden = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self._hidden += tag in ("script", "style", "pre", "code")
        self.ids.append(facts.get("id"))
        addresses = [facts[name] for name in ("src", "href", "data", "poster", "action") if facts.get(name)]
        (self.linked if tag in ("a", "use", "form") else self.loaded).extend(addresses)

    def handle_endtag(self, tag):
        self._hidden -= tag in ("script", "style", "pre", "code")

    def handle_data(self, data):
        self.text += "" if self._hidden else data


@pytest.fixture(scope="module")
def built(tmp_path_factory, root):
    """The site of a small project, built once for all tests that look at it."""
    folder = tmp_path_factory.mktemp("built")
    lay_out(folder, root / "docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        build_site()
    site = folder / "reports/site"
    return SimpleNamespace(folder=folder, site=site, pages=[Address(path) for path in sorted(site.rglob("*.html"))])


def test_the_same_input_gives_the_same_site_in_another_folder(built, tmp_path, root, monkeypatch):
    lay_out(tmp_path, root / "docs")
    monkeypatch.chdir(tmp_path)
    build_site()
    assert snapshot(tmp_path / "reports/site") == snapshot(built.site)


def test_no_page_loads_anything_from_another_host(built):
    assert [(p.path.name, a) for p in built.pages for a in p.loaded if re.match(r"(\w+:)?//", a)] == []


def test_no_style_or_script_loads_anything_from_another_host(built):
    asked = re.compile(r"""(?:url\(|@import|import\(|fetch\(|src=)\s*["']?\s*(?:https?:)?//""")
    files = [f for f in built.site.rglob("*") if f.suffix in (".html", ".css", ".js", ".svg")]
    assert [f.name for f in files if asked.search(f.read_text(encoding="utf-8"))] == []


def test_no_page_shows_tex(built):
    for page in built.pages:
        assert re.findall(r"\\[a-zA-Z]+|\$[^5]", page.text) == [], page.path


def test_a_dollar_sign_in_prose_stays_one(built):
    assert "a price of $5 and" in Address(built.site / "phantom/demo.html").text


def test_every_link_inside_the_reports_leads_somewhere(built):
    broken = []
    for page in built.pages:
        for address in (*page.loaded, *page.linked):
            parts = urlsplit(address)
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            if not parts.scheme and not parts.netloc and not target.exists():
                broken.append((page.path.name, address))
    assert broken == []


def test_every_glyph_that_a_formula_uses_is_on_its_page(built):
    for page in built.pages:
        glyphs = {address[1:] for address in page.linked if address.startswith("#STIX")}
        assert glyphs <= set(page.ids), page.path


def test_nothing_of_the_building_is_left(built):
    names = {f.name for f in built.site.rglob("*")} | {f.name for f in built.folder.iterdir()}
    assert not names & {".doctrees", ".buildinfo", "objects.inv", "_sources", "jupyter_execute"}
    assert [f.name for f in (built.folder / "build").iterdir()] == ["locks"]  # it ends with its process


def test_a_page_of_the_site_is_small(built):
    files = [f for f in built.site.rglob("*") if f.is_file()]
    pages = sum(f.suffix == ".html" for f in files)
    assert sum(f.stat().st_size for f in files) / pages < 50_000


def test_a_report_page_folds_its_code_and_names_its_figures(built):
    html = (built.site / "phantom/demo.html").read_text(encoding="utf-8")
    assert html.count("<details") == html.count("Show code") == 4
    assert 'alt="Two squares."' in html


def test_the_first_page_has_a_card_of_the_report(built):
    first = Address(built.site / "index.html")
    assert "phantom/demo.html" in first.linked


def test_every_erratum_of_kappa_has_an_anchor(built):
    assert {f"k{number}" for number in range(1, 16)} <= set(Address(built.site / "errata.html").ids)


def test_formulas_stand_on_the_line_of_the_text(built):
    html = (built.site / "phantom/demo.html").read_text(encoding="utf-8")
    depth = dict(re.findall(r'aria-label="([^"]+)" style="[^"]*vertical-align:(\S+)em"', html))
    assert float(depth["y_j"]) < -0.3  # y and j reach below the line
    assert -0.1 < float(depth["x"]) <= 0  # x does not; the drawing has a margin
    assert float(depth["frac a b"]) < float(depth["x"])


def test_a_formula_that_cannot_be_drawn_leaves_the_old_site(built, tmp_path, monkeypatch):
    shutil.copytree(built.folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    nbformat.write(executed(text=r"# Title: $\frac{a}{$"), Path("reports/notebooks/phantom/demo.ipynb"))
    with pytest.raises(InputError, match="Sphinx says why above"):
        build_site()
    assert snapshot(tmp_path / "reports/site") == snapshot(built.site)


def test_a_notebook_that_was_not_made_by_report_is_refused(tmp_path, root, monkeypatch):
    lay_out(tmp_path, root / "docs")
    monkeypatch.chdir(tmp_path)
    nbformat.write(new_notebook(), Path("reports/notebooks/phantom/demo.ipynb"))
    with pytest.raises(InputError, match=r"phantom/demo\.ipynb does not say what data it shows"):
        build_site()


def test_a_folder_without_pages_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"docs/conf\.py is missing"):
        build_site()


def test_a_page_shows_the_parameters_used_and_not_their_defaults():
    sources = [cell.source for cell in as_page(executed()).cells]
    assert "scale = 'phantom'" in sources
    assert "scale = 'default'" not in sources


def test_the_note_says_what_each_kind_of_data_means():
    note = data_note(REPORT)
    assert "**Phantom data** (ISIC 2018, 24 cases)" in note
    assert "**Absent data** (SCD)" in note
    assert "real data" not in note


def page(name: str, cell: str = "# Demo", outputs: list | None = None) -> Page:
    """An executed notebook of one cell of text and one of code."""
    cells = [new_markdown_cell(cell), new_code_cell("", outputs=outputs or [])]
    return Page(name, new_notebook(cells=cells, metadata={"report": {**REPORT, "scale": name.partition("/")[0]}}))


def write_verdicts(folder: Path, name: str, *verdicts: str) -> None:
    """The table of verdicts of a report."""
    path = folder / "tables" / name / "verdicts.csv"
    path.parent.mkdir(parents=True)
    rows = [f"demo.{number},{verdict},Claim {number}" for number, verdict in enumerate(verdicts, 1)]
    path.write_text("\n".join(["id,verdict,claim", *rows]) + "\n")


def test_reports_are_in_the_navigation_by_scale_and_those_of_all_losses_first():
    text = navigation([page("phantom/demo"), page("subset/demo"), page("tour/losses")])
    assert re.findall(r":caption: (.*)", text) == ["All losses", "Real subset", "Phantoms"]
    assert text.index("tour/losses") < text.index("subset/demo") < text.index("phantom/demo")


def test_the_scales_of_a_paper_share_a_card_that_counts_their_verdicts(tmp_path):
    write_verdicts(tmp_path, "phantom/demo", "not testable here", "supported on phantoms", "not testable here")
    write_verdicts(tmp_path, "subset/demo", "contradicted on ISIC 2018 (real subset)", "supported")
    [card] = cards([page("phantom/demo"), page("subset/demo")], tmp_path)
    assert [(outcome.scale, outcome.counts) for outcome in card.outcomes] == [
        ("subset", {"supported": 1, "contradicted": 1}),
        ("phantom", {"supported": 1, "not testable here": 2}),
    ]
    assert card.page == "subset/demo"


def test_a_card_takes_its_words_from_the_notebook(tmp_path):
    text = "# Demo: does it help?\n\n**Paper.** A paper.\n\n**The one claim.** It\nhelps.\n\n**Data sets.** None."
    [card] = cards([page("phantom/demo", text)], tmp_path)
    assert (card.title, card.text) == ("Demo: does it help?", "It helps.")


def test_the_card_of_every_paper_and_of_the_synthesis_has_a_picture_that_its_notebook_saves(root):
    for key in (*PAPERS, "synthesis"):
        assert f'"{PICTURES[key]}"' in "".join(
            cell.source for cell in nbformat.read(root / "notebooks" / f"{key}.ipynb", as_version=4).cells
        )


def test_a_card_shows_a_figure_of_its_report_with_its_description(tmp_path, monkeypatch):
    monkeypatch.setitem(PICTURES, "demo", "fig1")
    image = '<img src="../../figures/phantom/demo/fig1.svg" alt="One &amp; two.">'
    [card] = cards([page("phantom/demo", outputs=[new_output("display_data", {"text/html": image})])], tmp_path)
    assert (card.picture, card.alt) == ("figures/phantom/demo/fig1.svg", "One & two.")
    assert 'src="../figures/phantom/demo/fig1.svg" alt="One &amp; two."' in as_html([card])
    assert "![One & two.](figures/phantom/demo/fig1.svg)" in as_markdown([card])


def test_papers_come_before_pages_without_claims(tmp_path):
    write_verdicts(tmp_path, "phantom/zeta", "supported")
    assert [card.key for card in cards([page("tour/alpha"), page("phantom/zeta")], tmp_path)] == ["zeta", "alpha"]


def test_the_summary_adds_the_verdicts_of_all_papers(tmp_path):
    write_verdicts(tmp_path, "phantom/one", "supported", "inconclusive")
    write_verdicts(tmp_path, "phantom/two", "supported")
    text = summary(cards([page("phantom/one"), page("phantom/two")], tmp_path))
    assert (
        text == "**Phantoms**, 3 claims of 2 papers: 2 supported, 0 contradicted, 1 inconclusive, 0 not testable here."
    )


def test_the_story_in_markdown_lists_every_claim_with_its_verdict_at_each_scale(tmp_path):
    write_verdicts(tmp_path, "phantom/demo", "supported on phantoms", "inconclusive")
    write_verdicts(tmp_path, "subset/demo", "contradicted")
    text = as_markdown(cards([page("phantom/demo"), page("subset/demo")], tmp_path))
    assert "| demo.1 | Claim 1 | contradicted | supported on phantoms |" in text
    assert "| demo.2 | Claim 2 | – | inconclusive |" in text


def test_every_link_of_the_story_in_markdown_leads_somewhere(built):
    text = (built.folder / "reports/README.md").read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
    assert targets
    assert [target for target in targets if not (built.folder / "reports" / target).exists()] == []


def searched(site: Path) -> list:
    """What the search looks through."""
    text = (site / "_static/search-data.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("window.SEARCH_PAGES=").removesuffix(";\n"))


def test_the_search_knows_every_page_with_its_scale_but_itself(built):
    names = {page.path.relative_to(built.site).as_posix() for page in built.pages}
    titles = {name: title for name, title, _ in searched(built.site)}
    assert set(titles) == names - {"search.html"}
    assert titles["phantom/demo.html"].endswith("(Phantoms)")


def test_the_search_leads_to_anchors_that_exist(built):
    for name, _, sections in searched(built.site):
        assert {anchor for anchor, _, _ in sections} <= set(Address(built.site / name).ids), name


def test_the_search_skips_folded_code_and_formulas(built):
    [text] = [str(sections) for name, _, sections in searched(built.site) if name == "phantom/demo.html"]
    assert "a price of $5" in text
    assert "scale = 'phantom'" not in text
    assert "Show code" not in text


def test_the_note_of_a_report_without_data_speaks_of_no_kind_of_data():
    note = data_note({"datasets": [], "origin": "tour · no data set"})
    assert "No data set" in note
    assert "Phantom data" not in note


def test_without_reports_the_navigation_says_so():
    assert "No report has been made yet" in navigation([])


def test_files_without_a_use_are_dropped(tmp_path):
    (tmp_path / "_static/deep").mkdir(parents=True)
    for name in ("_static/used.css", "_static/unused.png", "_static/deep/used.js.map", "objects.inv"):
        (tmp_path / name).touch()
    (tmp_path / "index.html").write_text('<link href="_static/used.css">')
    drop_unused(tmp_path)
    assert set(snapshot(tmp_path)) == {"index.html", "_static/used.css"}
    assert not (tmp_path / "_static/deep").exists()
