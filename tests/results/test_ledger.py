"""The ledger holds every claim, whatever has been run, and says what would decide it."""

import ast
import math
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from segloss import figures, tables
from segloss.errors import InputError
from segloss.published import PAPERS, load_claims, load_ledger
from segloss.statistics.power import cases_to_show_equal
from segloss.verdicts.computed import COMPUTATIONS
from segloss.verdicts.evidence import evidence, needed
from segloss.verdicts.ledger import ledger, read_verdicts, source, split_verdict, verdict_counts

CLAIMS = [claim for paper in PAPERS for claim in load_claims(paper)]


@pytest.fixture(scope="module")
def nothing_run(tmp_path_factory) -> pd.DataFrame:
    """The ledger of a project without reports."""
    return ledger(tmp_path_factory.mktemp("reports"))


def write_verdicts(reports: Path, scale: str, paper: str, verdicts: dict[str, str]) -> None:
    """A verdict table as a report writes it."""
    folder = reports / "tables" / scale / paper
    folder.mkdir(parents=True)
    rows = [(claim["id"], verdicts.get(claim["id"], "not testable here"), "why") for claim in load_claims(paper)]
    pd.DataFrame(rows, columns=["id", "verdict", "reason"]).to_csv(folder / "verdicts.csv", index=False)


def row_of(reports: Path, claim: str) -> pd.Series:
    return ledger(reports).set_index("id").loc[claim]


def test_every_claim_stands_in_it_once_without_any_report(nothing_run):
    assert nothing_run["id"].to_list() == [claim["id"] for claim in CLAIMS]


def test_without_a_report_nothing_is_said_about_data_and_computed_claims_are_decided(nothing_run):
    computed = nothing_run["decided_by"].isin(COMPUTATIONS)
    assert set(nothing_run.loc[~computed, "on_phantoms"]) == {"not run"}
    assert set(nothing_run.loc[computed, "computed"]) <= {"supported", "contradicted", "inconclusive"}
    assert nothing_run["decide"].isna().all()


def test_a_verdict_on_real_data_names_them(tmp_path):
    write_verdicts(tmp_path, "subset", "kappa", {"kappa.1": "contradicted on ISIC 2018 (real subset)"})
    row = row_of(tmp_path, "kappa.1")
    assert (row["on_real_data"], row["real_data"]) == ("contradicted", "ISIC 2018 (real subset)")
    assert row["on_phantoms"] == "not run"
    assert row["needs"] == "the paper's data, to confirm"


def test_a_verdict_on_phantoms_is_none_on_real_data_whatever_the_scale(tmp_path):
    write_verdicts(tmp_path, "subset", "kappa", {"kappa.9": "inconclusive on phantoms"})
    row = row_of(tmp_path, "kappa.9")
    assert (row["on_real_data"], row["real_data"]) == ("not testable here", "")


def test_the_papers_own_data_come_before_a_subset(tmp_path):
    write_verdicts(tmp_path, "subset", "kappa", {"kappa.1": "contradicted on ISIC 2018 (real subset)"})
    write_verdicts(tmp_path, "paper", "kappa", {"kappa.1": "supported"})
    row = row_of(tmp_path, "kappa.1")
    assert (row["on_real_data"], row["needs"], row["scale"]) == ("supported", "nothing", "paper")


def test_a_mechanism_alone_is_not_asked_of_real_data(tmp_path):
    write_verdicts(tmp_path, "phantom", "log_cosh_dice", {"sv.11": "supported on phantoms"})
    row = row_of(tmp_path, "sv.11")
    assert (row["on_phantoms"], row["on_real_data"]) == ("supported", "–")
    assert row["needs"] == "nothing: a mechanism, decided on phantoms"


def test_a_mechanism_leads_to_the_phantoms_that_decide_it_whatever_else_has_been_run(tmp_path):
    for scale in ("phantom", "subset"):
        write_verdicts(tmp_path, scale, "log_cosh_dice", {"sv.11": "supported on phantoms"})
    assert row_of(tmp_path, "sv.11")["scale"] == "phantom"


def test_a_claim_that_real_data_could_not_be_asked_leads_to_the_phantoms(tmp_path):
    write_verdicts(tmp_path, "phantom", "kappa", {"kappa.1": "supported on phantoms"})
    write_verdicts(tmp_path, "subset", "kappa", {})
    assert row_of(tmp_path, "kappa.1")["scale"] == "phantom"


def test_a_claim_that_real_data_decide_leads_to_them(tmp_path):
    write_verdicts(tmp_path, "phantom", "kappa", {"kappa.1": "supported on phantoms"})
    write_verdicts(tmp_path, "subset", "kappa", {"kappa.1": "inconclusive on ISIC 2018 (real subset)"})
    assert row_of(tmp_path, "kappa.1")["scale"] == "subset"


def test_a_word_that_is_no_verdict_is_refused_by_name(tmp_path):
    write_verdicts(tmp_path, "phantom", "kappa", {"kappa.1": "probably"})
    with pytest.raises(InputError, match="'probably' is no verdict"):
        read_verdicts(tmp_path)


def test_other_scales_and_pages_are_passed_over(tmp_path):
    write_verdicts(tmp_path, "smoke", "kappa", {})
    assert read_verdicts(tmp_path).empty
    assert "of scale none" in source(tmp_path)


def test_a_verdict_is_split_from_its_data():
    assert split_verdict("supported on phantoms") == ("supported", "phantoms")
    assert split_verdict("inconclusive") == ("inconclusive", "")


def test_the_counts_add_up_to_the_claims(tmp_path):
    write_verdicts(tmp_path, "phantom", "kappa", {"kappa.9": "supported on phantoms"})
    frame = ledger(tmp_path)
    counts = verdict_counts(frame).set_index(["paper", "evidence"])
    assert counts.loc[("kappa", "on_phantoms"), "supported"] == 1
    of_kappa = counts.loc["kappa"].sum(axis=1)
    assert of_kappa["computed"] + of_kappa["on_phantoms"] == len(load_claims("kappa"))


def test_every_way_to_decide_has_words():
    ways = {claim["decided_by"] for claim in CLAIMS} - set(COMPUTATIONS)
    assert ways <= set(load_ledger()["tests"])


def test_every_claim_names_a_figure_and_a_table_that_its_paper_s_notebook_saves(root):
    shown = load_ledger()["shown"]
    assert set(shown) == {claim["id"] for claim in CLAIMS}
    for paper in PAPERS:
        cells = nbformat.read(root / "notebooks" / f"{paper}.ipynb", as_version=4).cells
        calls = [
            node
            for cell in cells
            if cell.cell_type == "code"
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]
        for claim in load_claims(paper):
            for kind, method in (("figure", "save_figure"), ("table", "save_table")):
                saved = {ast.unparse(call.args[1]).strip("'\"") for call in calls if call.func.attr == method}
                assert shown[claim["id"]][kind] in saved | {None}, claim["id"]


def paired_values(make_results, kind: str = "subset") -> tuple:
    """Dice of two arms on twelve images, and results that hold them."""
    rng = np.random.default_rng(0)
    dice = {"dice": rng.uniform(0.6, 0.8, 12), "kappa": rng.uniform(0.6, 0.9, 12)}
    return dice, make_results({"isic2018": {"dice": dice}}, kinds={"isic2018": kind})


def test_the_evidence_of_a_paired_claim_is_the_spread_of_its_differences(make_results):
    dice, results = paired_values(make_results)
    [row] = evidence(load_claims("kappa")[0], "kappa", results).to_dict("records")
    assert row["spread"] == pytest.approx(np.std(dice["kappa"] - dice["dice"], ddof=1))
    assert (row["cases"], row["margin"], row["published"]) == (12, 0.01, pytest.approx(0.01))
    assert row["decide"] == cases_to_show_equal(0.01, row["spread"])
    assert row["decide_low"] < row["decide"] < row["decide_high"]


def test_the_evidence_of_a_ranking_is_against_the_best_of_the_others(make_results):
    rng = np.random.default_rng(0)
    others = load_claims("topk_dice")[0]["comparisons"][0]["others"]
    dice = {name: rng.uniform(0.5, 0.6, 8) for name in others}
    dice["focal_plus_dice"] = rng.uniform(0.7, 0.8, 8)
    dice["cross_entropy_plus_topk_dice"] = rng.uniform(0.6, 0.9, 8)
    results = make_results({"acdc": {"dice": dice}}, kinds={"acdc": "subset"})
    rows = evidence(load_claims("topk_dice")[0], "topk_dice", results)
    differences = dice["cross_entropy_plus_topk_dice"] - dice["focal_plus_dice"]
    assert rows.set_index("metric")["spread"]["dice"] == pytest.approx(differences.std(ddof=1))


def test_claims_that_no_mean_over_cases_decides_have_no_evidence(make_results):
    _, results = paired_values(make_results)
    assert evidence(load_claims("kappa")[8], "kappa", results).empty  # a slope


def test_of_several_comparisons_the_one_that_needs_most_counts_and_unknown_ones_do_not():
    rows = pd.DataFrame({"id": ["a", "a", "a"], "decide": [10.0, 30.0, math.nan]})
    assert needed(rows)["decide"] == 30
    assert needed(rows[rows["decide"].isna()]) is None


def test_a_cell_leads_to_a_file_only_where_it_is_there(tmp_path, monkeypatch):
    write_verdicts(tmp_path / "reports", "phantom", "kappa", {})
    monkeypatch.chdir(tmp_path)
    frame = ledger("reports")
    addresses = tables.ledger_addresses(frame, "reports")
    of_first = {name: column[0] for name, column in addresses.items()}
    assert of_first == {"id": "reports/site/phantom/kappa.html#verdicts", "figure": "", "table": ""}
    assert addresses["table"][3] == "reports/tables/phantom/kappa/verdicts.csv"
    assert set(map(len, addresses.values())) == {len(frame)}


def test_what_would_change_our_mind_is_unknown_where_no_spread_is(nothing_run):
    words = tables.ledger_table(nothing_run).set_index("id")["would change our mind"]
    assert words["kappa.1"] == "unknown: fewer than two cases to take a spread from"
    assert words["kappa.4"] == "unknown: no mean over cases decides"
    assert words["kappa.10"] == "an error in the computation"


def test_the_figures_say_so_where_nothing_is_known(nothing_run):
    assert len(figures.cases_to_decide(nothing_run).axes) == 1
    assert len(figures.verdicts_by_paper(nothing_run, tables.PAPERS).axes) == 3
