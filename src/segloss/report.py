"""What a notebook saves its figures and tables through, each with the origin of its numbers."""

import ast
import html
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.core.getipython import get_ipython
from IPython.display import HTML, Markdown, display
from matplotlib.figure import Figure

from segloss import table_formats
from segloss.compact_pictures import compact_file
from segloss.errors import InputError
from segloss.provenance import fingerprint
from segloss.settled_layout import settle

KINDS = {"phantom": "phantom data", "subset": "real subset", "paper": "the paper's full set"}
_SVG_DPI = 72  # matplotlib measures letters for the resolution that it draws at
_FOOTER_POINTS = 7
_FOOTER_LETTER = 0.6  # mean width of a letter, a share of its height: fingerprints have many wide digits


class Report:
    """Saves and shows the figures and tables of one notebook, each with the origin of its numbers.

    Args:
        paper: Key of the paper, such as ``"kappa"``.
        scale: Scale at which the numbers were made.
        metrics_folder: Where ``<dataset>-provenance.json`` of the paper's data sets lie; None for a notebook that reads
            no data.
        figures_folder: Where figures go; made if missing.
        tables_folder: Where tables go; made if missing.
        source: Where the numbers come from, in place of provenance, of a notebook that reads no data.

    Attributes:
        datasets: Names of the data sets that are present at this scale, sorted.
        provenance: What each data set's provenance file says, absent data sets included.
    """

    def __init__(
        self,
        paper: str,
        scale: str,
        metrics_folder: str | None,
        figures_folder: str,
        tables_folder: str,
        source: str = "no data set: computed in the notebook",
    ) -> None:
        self.paper, self.scale, self.reads_data, self.source = paper, scale, metrics_folder is not None, source
        self.figures, self.tables = Path(figures_folder), Path(tables_folder)
        files = [] if metrics_folder is None else Path(metrics_folder).glob("*-provenance.json")
        self.provenance = {
            file.name.removesuffix("-provenance.json"): json.loads(file.read_text("utf-8")) for file in sorted(files)
        }
        self.datasets = [name for name in self.provenance if self.kind(name) != "absent"]
        self._saved: dict[str, str | None] = {}

    def kind(self, dataset: str) -> str:
        """``"phantom"``, ``"subset"`` (part of the real data), ``"paper"`` (all of them) or ``"absent"``."""
        return self.provenance.get(dataset, {"kind": "absent"})["kind"]

    def save_figure(
        self,
        fig: Figure,
        name: str,
        caption: str,
        datasets: Sequence[str] | None = None,
        dpi: int = 150,
        data: pd.DataFrame | None = None,
    ) -> None:
        """Save and show a figure: SVG, or PNG where an axes holds an image; its numbers as CSV. The figure is closed.

        Args:
            fig: The figure, at the size it shall have; a strip for the footer is added below.
            name: File name without suffix: lowercase letters, digits, hyphens; used once in a notebook.
            caption: One sentence, shown below the figure and read aloud in its place.
            datasets: Whose numbers it shows; all that are present if left out, ``()`` for none.
            dpi: Pixels per inch of a PNG.
            data: The numbers that it shows; those read off the figure if left out. Pictures and diagrams have none, and
                no CSV file.
        """
        self._claim(name)
        self.figures.mkdir(parents=True, exist_ok=True)
        mime, suffix = ("image/png", "png") if any(a.images for a in fig.axes) else ("image/svg+xml", "svg")
        _add_footer(fig, self.origin(datasets))
        fig.set_dpi(dpi if suffix == "png" else _SVG_DPI)
        settle(fig)
        path = self.figures / f"{name}.{suffix}"
        # A fixed salt and no date: the same figure has the same bytes.
        # Letters as text, not as outlines, which are most of a file's bytes; they can be searched and read aloud.
        with plt.rc_context({"svg.hashsalt": name, "svg.fonttype": "none", "savefig.bbox": None}):
            fig.savefig(path, dpi=dpi, metadata={"Software": None} if suffix == "png" else {"Date": None})
        numbers = self._save_numbers(fig, path.with_suffix(".csv"), data)
        plt.close(fig)
        compact_file(path)
        content = path.read_bytes()
        width = {"width": round(fig.get_figwidth() * 96)} if suffix == "png" else {}
        display(
            {mime: content if suffix == "png" else content.decode(), "text/plain": caption},
            raw=True,
            metadata={mime: {**width, "alt": caption}},
        )
        links = " · ".join(f'<a href="{file.as_posix()}">{file.suffix[1:].upper()}</a>' for file in (path, *numbers))
        display(HTML(f'<p class="report-caption">{html.escape(caption)} <small>{links}</small></p>'))

    def save_table(
        self,
        frame: pd.DataFrame,
        name: str,
        caption: str,
        datasets: Sequence[str] | None = None,
        decimals: int = 3,
        addresses: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Save a table as CSV, Markdown and LaTeX, and show it.

        Args:
            frame: Strings are shown as they are, floats with ``decimals``, missing as a dash; no index.
            name: File name without suffix, as in :meth:`save_figure`.
            caption: One sentence, shown above the table.
            datasets: Whose numbers it shows; all that are present if left out, ``()`` for none.
            decimals: Digits after the point of floats; the CSV file has six digits.
            addresses: Where the cells of a column lead to, by column and row; "" for nowhere.
        """
        self._claim(name)
        self.tables.mkdir(parents=True, exist_ok=True)
        footer, label = self.origin(datasets), f"{self.paper}-{name}"
        forms = {
            "CSV": ("csv", table_formats.as_csv(frame)),
            "Markdown": ("md", table_formats.as_markdown(frame, caption, footer, decimals)),
            "LaTeX": ("tex", table_formats.as_latex(frame, caption, footer, label, decimals)),
        }
        for suffix, text in forms.values():
            (self.tables / f"{name}.{suffix}").write_text(text, encoding="utf-8")
        links = {form: (self.tables / f"{name}.{suffix}").as_posix() for form, (suffix, _) in forms.items()}
        display(HTML(table_formats.as_html(frame, caption, footer, links, decimals, addresses or {})))

    def show_source(self, function: Callable[..., object]) -> None:
        """Show a function as it stands in the package, without its docstring, whose formulas are TeX."""
        source = textwrap.dedent(inspect.getsource(function))
        definition = ast.parse(source).body[0]
        lines = source.splitlines()
        if isinstance(definition, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(definition):
            docstring = definition.body[0]
            del lines[docstring.lineno - 1 : docstring.end_lineno]
        display(Markdown("\n".join(["```python", *lines, "```"])))

    def origin(self, datasets: Sequence[str] | None = None) -> str:
        """One line: stage, kind of data, scale and fingerprints of what the numbers come from."""
        if not self.reads_data:
            return f"{self.scale} · {self.source}"
        names = self.datasets if datasets is None else [n for n in datasets if self.kind(n) != "absent"]
        if not names:
            why = "absent" if datasets is None or len(datasets) else "computed in the notebook"
            return f"report@{self.paper} · no data set: {why} · scale {self.scale}"
        shown = [self.provenance[name] for name in names]
        kinds = {kind: [p["title"] for p in shown if p["kind"] == kind] for kind in KINDS}
        data = "; ".join(f"{KINDS[kind]}: {', '.join(titles)}" for kind, titles in kinds.items() if titles)
        prints = [f"{part} {_joint_fingerprint(shown, part)}" for part in ("data", "code", "parameters")]
        return " · ".join([f"report@{self.paper}", data, f"scale {self.scale}", *prints])

    @staticmethod
    def _save_numbers(fig: Figure, path: Path, data: pd.DataFrame | None) -> list[Path]:
        """Write the numbers of a figure; the file, or nothing where it has none."""
        # Imported here: the figures bring PyTorch, which who only reads a report's origin does not wait for.
        from segloss.figures.plotted import heads, plotted

        path.unlink(missing_ok=True)
        frame = heads(plotted(fig)) if data is None else data
        if frame.empty:
            return []
        path.write_text(table_formats.as_csv(frame), encoding="utf-8")
        return [path]

    def _claim(self, name: str) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            raise InputError(f"The name {name!r} must be lowercase letters, digits and single hyphens.")
        cell = _running_cell()  # running it again may overwrite
        if name in self._saved and (cell is None or cell != self._saved[name]):
            raise InputError(f"The name {name!r} is used for two figures or tables: expected a new one.")
        self._saved[name] = cell


def in_front_end() -> bool:
    """Whether somebody has the notebook open and could move a slider; papermill could not."""
    return _running_cell() is not None


def _running_cell() -> str | None:
    """JupyterLab names the cell that runs; papermill does not."""
    shell: Any = get_ipython()
    return shell.get_parent().get("metadata", {}).get("cellId") if hasattr(shell, "get_parent") else None


def _joint_fingerprint(shown: list[dict[str, Any]], part: str) -> str:
    prints = sorted({str(p["fingerprints"][part]) for p in shown})
    return prints[0] if len(prints) == 1 else fingerprint(prints)


def _add_footer(fig: Figure, text: str) -> None:
    """Make room below the figure and write the text there, wrapped to its width."""
    width, height = fig.get_size_inches()
    lines = textwrap.wrap(text, int(width * 72 / (_FOOTER_POINTS * _FOOTER_LETTER)))
    strip = _FOOTER_POINTS * 1.35 * (len(lines) + 0.6) / 72
    fig.set_size_inches(width, height + strip)
    share = strip / (height + strip)
    fig.set_layout_engine("constrained", rect=(0, share, 1, 1 - share))
    style = {"fontsize": _FOOTER_POINTS, "color": "0.4", "va": "bottom", "linespacing": 1.35}
    fig.text(0.008, 0.004, "\n".join(lines), **style)
