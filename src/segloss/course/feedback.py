"""Pages of feedback that ask no other machine for anything: formulas are drawn, scripts and addresses are shut out."""

import re
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.converters import GenerateFeedback
from nbgrader.server_extensions import formgrader
from traitlets import Set

from segloss.course.assignments import convert, directory, source_notebook
from segloss.site.formulas import drawn_formula

TEMPLATES = Path(__file__).parent / "templates"
_NBGRADER = Path(formgrader.__file__).parent / "templates"
_FETCHED_FONT = re.compile(r"@font-face\s*\{[^}]*url\([^}]*\}")


class FormulaRenderer(IPythonRenderer):
    """Markdown to HTML, its formulas as SVG; one that cannot be drawn stays as it was typed."""

    def __init__(self, known_glyphs: set[str], **options: Any) -> None:
        super().__init__(escape=False, exclude_anchor_links=True, **options)
        self.known_glyphs = known_glyphs

    def inline_math(self, body: str) -> str:
        """Of ``$...$``."""
        return self._drawn(body, inline=True)

    def block_math(self, body: str) -> str:
        """Of ``$$...$$``."""
        return self._drawn(body, inline=False)

    def latex_environment(self, name: str, body: str) -> str:
        """Of an environment without dollars around it; its equations go without numbers."""
        starred = name.rstrip("*") + "*"
        return self._drawn(f"\\begin{{{starred}}}{body}\\end{{{starred}}}", inline=False)

    def _drawn(self, tex: str, *, inline: bool) -> str:
        try:
            return drawn_formula(tex.strip(), inline=inline, known_glyphs=self.known_glyphs)
        except Exception:  # students write any TeX, and parsers of it raise anything
            return f"<code>{self.escape_html(tex)}</code>"


class FeedbackExporter(HTMLExporter):
    """nbgrader's page of feedback in a template that refers to nothing outside the page."""

    known_glyphs = Set()  # of the page in hand

    def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
        """One page, without the font of symbols that nbgrader's style sheet would fetch."""
        self.known_glyphs = set()
        page, resources = super().from_notebook_node(nb, resources, **options)
        return _FETCHED_FONT.sub("", page), resources

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """The filter that the template applies to text cells."""
        attachments = context.get("cell", {}).get("attachments", {})
        return MarkdownWithMath(renderer=FormulaRenderer(self.known_glyphs, attachments=attachments)).render(source)


def write_feedback(out: Path, assignment: str) -> None:
    """Write ``feedback/<student>/<assignment>/<assignment>.html`` for all who have been graded.

    Raises:
        InputError: If nbgrader cannot make a page.
    """
    if not any((out / "autograded").glob(f"*/{assignment}")):
        return
    converter = GenerateFeedback(coursedir=directory(out, assignment), force=True)
    converter.exporter_class = FeedbackExporter
    page = converter.config.HTMLExporter
    page.template_name = "segloss_feedback"
    page.extra_template_basedirs = [str(TEMPLATES), str(_NBGRADER)]
    page.extra_template_paths = [*page.extra_template_paths, str(_NBGRADER)]
    convert(converter, source_notebook(assignment))
