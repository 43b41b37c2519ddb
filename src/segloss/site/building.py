"""From ``docs`` and executed notebooks to the pages of the site, and the same story in Markdown."""

import re
import shutil
from pathlib import Path

import nbformat

from segloss.errors import InputError
from segloss.paths import REPORTS
from segloss.provenance import written_aside, written_file
from segloss.site.cards import as_html, as_markdown, cards
from segloss.site.pages import Page, as_page, navigation
from segloss.site.searching import search_data
from segloss.turns import one_at_a_time

DOCS = Path("docs")
WORK = Path("build/site")
# Sphinx's own records, and its index for a search that asks for pages, which a browser refuses to read from files.
_RECORDS = (".buildinfo", "objects.inv", "searchindex.js")

# Names, punctuation and white space of code: they have the colour of the text around them.
_UNCOLOURED = re.compile(r'<span class="[npw]">([^<]*)</span>')


@one_at_a_time("site")
def build_site() -> None:
    """Build ``reports/site`` and ``reports/README.md`` from ``docs`` and the reports of all scales.

    The same input gives the same bytes. The old site is replaced only when the new one is complete.

    Raises:
        InputError: If ``docs`` is missing, a notebook was not made by ``report``, or Sphinx fails.
    """
    # Imported here: Sphinx takes a second to load, and whoever imports this module may not build.
    from sphinx.cmd.build import build_main

    if not (DOCS / "conf.py").is_file():
        raise InputError(f"{DOCS / 'conf.py'} is missing: expected the configuration of the site.")
    shutil.rmtree(WORK, ignore_errors=True)
    source, html = WORK / "source", WORK / "html"
    shutil.copytree(DOCS, source)
    pages = [_add_page(path, source) for path in sorted((REPORTS / "notebooks").glob("*/*.ipynb"))]
    shown = cards(pages, REPORTS)
    (source / "reports.md").write_text("\n".join([as_html(shown), "", navigation(pages)]), encoding="utf-8")
    if build_main(["-q", "-b", "html", "-d", str(WORK / "doctrees"), str(source), str(html)]) != 0:
        raise InputError(f"{source} could not be turned into pages: Sphinx says why above.")
    drop_unused(html)
    for page in html.rglob("*.html"):
        page.write_text(without_idle_spans(page.read_text(encoding="utf-8")), encoding="utf-8")
    (html / "_static/search-data.js").write_text(search_data(html), encoding="utf-8")
    with written_aside(REPORTS / "site") as site:
        shutil.copytree(html, site, dirs_exist_ok=True)
    with written_file(REPORTS / "README.md") as stream:
        stream.write(as_markdown(shown))
    shutil.rmtree(WORK)


def _add_page(path: Path, source: Path) -> Page:
    """Copy an executed notebook as a page and return what the first page says about it."""
    notebook = nbformat.read(path, as_version=4)
    if "report" not in notebook.metadata:
        raise InputError(f"{path} does not say what data it shows: expected a notebook executed by report.")
    page = Page(f"{path.parent.name}/{path.stem}", notebook)
    target = source / f"{page.name}.ipynb"
    target.parent.mkdir(exist_ok=True)
    nbformat.write(as_page(notebook), target)
    return page


def without_idle_spans(page: str) -> str:
    """The page without the marks of code that change nothing of its looks; they are half a megabyte of the site.

    >>> without_idle_spans('<span class="n">loss</span><span class="o">=</span><span class="mi">1</span>')
    'loss<span class="o">=</span><span class="mi">1</span>'
    """
    return _UNCOLOURED.sub(r"\1", page)


def drop_unused(pages: Path) -> None:
    """Remove what no page asks for: Sphinx's own records, source maps, static files of the theme without a use."""
    for name in _RECORDS:
        (pages / name).unlink(missing_ok=True)
    for source_map in pages.rglob("*.map"):
        source_map.unlink()
    files = [f for f in pages.rglob("*") if f.is_file()]
    texts = {f: f.read_text(encoding="utf-8") for f in files if f.suffix in (".html", ".css", ".js")}
    kept, asking = set(), [f for f in files if f.suffix == ".html"]
    while asking:
        kept |= set(asking)
        text = "\n".join(texts.get(f, "") for f in asking)
        asking = [f for f in files if f not in kept and f.name in text]
    for file in files:
        if file not in kept and file.is_relative_to(pages / "_static"):
            file.unlink()
    for folder in sorted((f for f in pages.rglob("*") if f.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
