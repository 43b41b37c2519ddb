"""Every table of the reports is there as CSV, Markdown and LaTeX, and its LaTeX holds nothing that stops a compiler."""

import re
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from segloss.table_formats import as_latex

TABLES = Path(__file__).parents[1] / "reports/tables"
FILES = sorted(TABLES.rglob("*.tex"))
ESCAPED = re.compile(r"\\(?:[&%$#_{}]|textbackslash\{\}|textasciitilde\{\}|textasciicircum\{\}|textbar\{\})")


def faults(text: str) -> list[str]:
    """What would stop LaTeX in a table, or print another sign; the comment names the message."""
    [columns] = re.findall(r"\\begin\{tabular\}\{([lr]*)\}", text)
    [body] = re.findall(r"\\toprule\n(.*)\\bottomrule", text, flags=re.DOTALL)
    rows = [line for line in body.splitlines() if line != r"\midrule"]
    plain = [ESCAPED.sub("", row) for row in rows]
    found = [f"ends without \\\\: {row}" for row in rows if not row.endswith(r" \\")]
    found += [f"{row.count('&')} & in {len(columns)} columns" for row in plain if row.count("&") != len(columns) - 1]
    found += [f"starts with {row[0]}, read as an option of \\\\: {row}" for row in rows if row[0] in "[*"]
    words = re.sub(r"\\label\{.*\}", "", ESCAPED.sub("", text))  # a label may hold any sign
    outside = "".join(part for number, part in enumerate(words.split("$")) if number % 2 == 0)
    found += ["odd number of $"] * (words.count("$") % 2)
    found += ["braces"] * (words.count("{") != words.count("}"))
    found += [f"bare {sign}" for sign in "%#^~_<>" if sign in outside]
    # Latin letters with accents and the ellipsis are known to every LaTeX of today; other signs need a package.
    latin = (sign for sign in set(text) - {"…"} if ord(sign) > 126)
    found += [f"sign {sign}" for sign in latin if not unicodedata.name(sign).startswith("LATIN ")]
    return found


def test_every_table_is_there_in_three_forms():
    stems = {suffix: {path.with_suffix("") for path in TABLES.rglob(f"*.{suffix}")} for suffix in ("csv", "md", "tex")}
    assert stems["csv"]
    assert stems["csv"] == stems["md"] == stems["tex"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TABLES).as_posix())
def test_a_table_of_the_reports_can_be_compiled(path):
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("cell", [*r"&%$#_{}~^\<>|[*", "[0.1, 0.2]", "* p < .05", "a_b & c", "50 %", "κ ≤ 1 ± 0", "…"])
def test_a_sign_that_latex_reads_is_written_so_that_it_is_printed(cell):
    frame = pd.DataFrame({cell: [cell, "x"], "n": [1.5, 2.5]})
    assert faults(as_latex(frame, cell, cell, "label", 2)) == []


def test_a_fault_is_seen():
    good = as_latex(pd.DataFrame({"a": ["x"], "b": ["y"]}), "", "", "label", 2)
    assert faults(good) == []
    for bad in ("x & y & z", "x_1 & y", "x % & y", "[x & y", "$x & y", "{x & y", "x ☃ & y"):
        assert faults(good.replace("x & y", bad)), bad
