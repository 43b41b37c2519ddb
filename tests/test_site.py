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
from segloss.site import as_page, build_site, data_note, drop_unused, list_of_reports

FORMULAS = r"""# A title with $\kappa$

Inline $\frac{a}{b}$, $\sum_{i=1}^{N} p_i g_i$, a price of \$5 and $x$ and $y_j$ and $\kappa$ again.

$$\frac{\partial L}{\partial p_j} = -2 \, \frac{g_j \left( P + G - \frac{2PG}{N} \right)}{\left( P + G \right)^2}$$

\begin{align}
\lim_{d \to \infty} \kappa &= \text{Dice} \\ &= \begin{cases} 1 & a = b \\ 0 & \text{otherwise} \end{cases}
\end{align}
"""
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
    shown = {"image/svg+xml": {"alt": "Two squares."}}
    cells = [
        new_markdown_cell(text),
        new_code_cell("scale = 'default'", metadata={"tags": ["parameters"]}),
        new_code_cell("scale = 'phantom'", metadata={"tags": ["injected-parameters"]}),
        new_code_cell("figure", outputs=[new_output("display_data", {"image/svg+xml": SVG}, metadata=shown)]),
        new_code_cell("table", outputs=[new_output("display_data", {"text/html": TABLE})]),
        new_code_cell("text", outputs=[new_output("display_data", {"text/markdown": "so $p < 1$"})]),
    ]
    return new_notebook(cells=cells, metadata={"report": report, "language_info": {"name": "python"}})


def lay_out(folder: Path, docs: Path) -> None:
    """The project's pages, one executed notebook and its table."""
    shutil.copytree(docs, folder / "docs")
    for name in ("notebooks/phantom/demo.ipynb", "tables/phantom/demo/t1.csv"):
        (folder / "reports" / name).parent.mkdir(parents=True)
    nbformat.write(executed(), folder / "reports/notebooks/phantom/demo.ipynb")
    (folder / "reports/tables/phantom/demo/t1.csv").write_text("n\n1\n")


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {f.relative_to(root).as_posix(): f.read_bytes() for f in root.rglob("*") if f.is_file()}


class Page(HTMLParser):
    """Addresses, visible text and ids of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.text, self.loaded, self.linked, self.ids = path, "", [], [], []
        self._hidden = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self._hidden += tag in ("script", "style")
        self.ids.append(facts.get("id"))
        addresses = [facts[name] for name in ("src", "href", "data", "poster", "action") if facts.get(name)]
        (self.linked if tag in ("a", "use", "form") else self.loaded).extend(addresses)

    def handle_endtag(self, tag):
        self._hidden -= tag in ("script", "style")

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
    return SimpleNamespace(folder=folder, site=site, pages=[Page(path) for path in sorted(site.rglob("*.html"))])


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
    assert "a price of $5 and" in Page(built.site / "phantom/demo.html").text


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
    assert not list((built.folder / "build").iterdir())


def test_the_site_is_small(built):
    assert sum(f.stat().st_size for f in built.site.rglob("*") if f.is_file()) < 1_000_000


def test_a_report_page_folds_its_code_and_names_its_figures(built):
    html = (built.site / "phantom/demo.html").read_text(encoding="utf-8")
    assert html.count("<details") == html.count("Show code") == 4
    assert 'alt="Two squares."' in html


def test_the_first_page_lists_the_report_with_its_data(built):
    page = Page(built.site / "index.html")
    assert "phantom/demo.html" in page.linked
    assert "Phantom data: ISIC 2018; Absent data: SCD" in page.text


def test_every_erratum_of_kappa_has_an_anchor(built):
    assert {f"k{number}" for number in range(1, 16)} <= set(Page(built.site / "errata.html").ids)


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


def test_reports_are_listed_by_scale():
    reports = [
        {**REPORT, "scale": scale, "heading": "Demo", "page": f"{scale}/demo"} for scale in ("subset", "phantom")
    ]
    text = list_of_reports(reports)
    assert text.index("`phantom`") < text.index("`subset`")
    assert "[Demo](subset/demo.ipynb)" in text


def test_a_report_without_data_is_listed_last_and_apart():
    tour = {"scale": "tour", "datasets": [], "heading": "Tour", "page": "tour/losses", "origin": "tour · no data set"}
    text = list_of_reports([tour, {**REPORT, "heading": "Demo", "page": "phantom/demo"}])
    assert text.index("phantom/demo") < text.index("**Without data**") < text.index("[Tour](tour/losses.ipynb)")
    assert "| none: computed in the notebook |" in text
    assert "Scale `tour`" not in text


def test_the_note_of_a_report_without_data_speaks_of_no_kind_of_data():
    note = data_note({"datasets": [], "origin": "tour · no data set"})
    assert "No data set" in note
    assert "Phantom data" not in note


def test_without_reports_the_list_says_so():
    assert "No report has been made yet" in list_of_reports([])


def test_files_without_a_use_are_dropped(tmp_path):
    (tmp_path / "_static/deep").mkdir(parents=True)
    for name in ("_static/used.css", "_static/unused.png", "_static/deep/used.js.map", "objects.inv"):
        (tmp_path / name).touch()
    (tmp_path / "index.html").write_text('<link href="_static/used.css">')
    drop_unused(tmp_path)
    assert set(snapshot(tmp_path)) == {"index.html", "_static/used.css"}
    assert not (tmp_path / "_static/deep").exists()
