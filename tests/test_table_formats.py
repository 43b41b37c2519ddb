import io
import re

import numpy as np
import pandas as pd
import pytest

from segloss.table_formats import as_csv, as_html, as_latex, as_markdown


@pytest.fixture
def frame():
    return pd.DataFrame({"arm_1": ["a|b & 50 %", "κ ≤ 1"], "Dice": [0.123456789, np.nan], "n": [3, 12]})


def test_csv_is_read_back_to_six_digits(frame):
    read = pd.read_csv(io.StringIO(as_csv(frame)))
    assert read["arm_1"].tolist() == frame["arm_1"].tolist()
    assert read["Dice"].tolist()[0] == 0.123457
    assert read["Dice"].isna().tolist() == [False, True]


def test_markdown_has_as_many_cells_in_every_row(frame):
    rows = [line for line in as_markdown(frame, "A.", "From.", 2).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}
    assert rows[2] == r"| a\|b & 50 % | 0.12 | 3 |"
    assert rows[3] == "| κ ≤ 1 | – | 12 |"


def test_latex_escapes_what_latex_reads(frame):
    text = as_latex(frame, "100 % of x_1.", "From.", "kappa-t1", 2)
    assert r"a\textbar{}b \& 50 \% & 0.12 & 3 \\" in text
    assert r"$\kappa$ $\le$ 1 & -- & 12 \\" in text
    assert r"\caption{100 \% of x\_1.}" in text
    assert r"\begin{tabular}{lrr}" in text


def test_latex_has_no_sign_outside_ascii_for_the_signs_of_the_reports():
    signs = "−±≤≥×·→∞αδκρΔ–"
    text = as_latex(pd.DataFrame({"x": [signs]}), "", "", "x", 2)
    assert text.isascii()


def test_html_escapes_texts_and_links_the_forms(frame):
    text = as_html(frame.assign(arm_1="<b>"), "A & B.", "From.", {"CSV": "t1.csv"}, 2)
    assert "<b>" not in text
    assert "A &amp; B." in text
    assert '<a href="t1.csv">CSV</a>' in text


def test_written_numbers_stand_right_too():
    frame = pd.DataFrame({"Dice": ["0.81 ± 0.03", "–"], "share": ["5 %", "−3 %"], "print": ["12ab", "34"]})
    assert r"\begin{tabular}{rrl}" in as_latex(frame, "", "", "x", 2)


def test_a_table_without_rows_keeps_its_heads():
    frame = pd.DataFrame({"case": [], "reason": []})
    assert "| case | reason |" in as_markdown(frame, "", "", 2)
    assert "<th" in as_html(frame, "", "", {}, 2)


def test_a_long_list_in_a_cell_gets_a_line_for_each_part():
    frame = pd.DataFrame({"ours": ["; ".join(["ISIC 2018: +0.01 (-0.01 to +0.03)"] * 6)], "n": ["3; 4"]})
    assert as_html(frame, "", "", {}, 2).count(";<br>") == 5


def test_numbers_stand_right_and_texts_left(frame):
    sides = re.findall(r'<th style="text-align:(\w+)', as_html(frame, "", "", {}, 2))
    assert sides == ["left", "right", "right"]


def test_two_rows_of_heads_become_one():
    frame = pd.DataFrame([[1.0]], columns=pd.MultiIndex.from_tuples([("ISIC 2016", "Dice")]))
    assert "ISIC 2016: Dice" in as_markdown(frame, "", "", 1)


def test_a_cell_leads_to_its_address_and_one_without_does_not():
    frame = pd.DataFrame({"table": ["first", "second"], "other": ["a", "b"]})
    page = as_html(frame, "c", "f", {}, 3, {"table": ["x.csv?a&b", ""]})
    assert '<a href="x.csv?a&amp;b">first</a>' in page
    assert page.count("<a href") == 1
