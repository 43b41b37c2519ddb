"""What the survey prints, held against itself: rows that are possible, ranks, contradictions."""

import pandas as pd

from segloss.published import load_published, published_facts
from segloss.verdicts.survey_arithmetic import possible_rows
from segloss.verdicts.words import arm_words

PAPER = "log_cosh_dice"
_YES = {True: "yes", False: "no"}


def possible_rows_table() -> pd.DataFrame:
    """Table III against the bound of the sensitivity, row by row (errata S21)."""
    return pd.DataFrame(
        [
            {
                "arm": arm_words(row.arm),
                "Dice, printed": f"{row.dice:.3f}",
                "sensitivity, printed": f"{row.sensitivity:.3f}",
                "highest Dice for it": f"{row.highest:.4f}",
                "possible": _YES[row.possible],
                "possible if exchanged": _YES[row.exchanged_possible],
            }
            for row in possible_rows()
        ]
    )


def survey_ranks_table() -> pd.DataFrame:
    """Rank of every loss in each column of Table III, 1 is best; equal cells share the mean of theirs (errata S22)."""
    cells = load_published(PAPER)
    printed = cells.pivot(index="arm", columns="metric", values="printed").loc[cells["arm"].drop_duplicates()]
    ranks = printed.astype(float).rank(ascending=False)
    columns = {name: [f"{cell} ({ranks[name][arm]:g})" for arm, cell in printed[name].items()] for name in printed}
    return pd.DataFrame({"arm": list(map(arm_words, printed.index)), **columns})


def survey_contradictions() -> pd.DataFrame:
    """Where the survey says one number in one place and another elsewhere (errata S1, S16, S17)."""
    facts = published_facts(PAPER).set_index("fact")["value"].map("{:g}".format)
    dice = load_published(PAPER).query("metric == 'dice'").set_index("arm")
    printed, ours, named, text = dice["printed"], "log_cosh_dice", "focal_tversky", " (text)"
    best, slices = dice["value"].idxmax(), float(facts["scans"]) * float(facts["slices_of_a_scan"])
    rows = [
        ("losses", facts["losses_in_the_introduction"] + text, f"{facts['losses_in_table_1']} (Table I)", "S1"),
        ("best loss", arm_words(named) + text, f"{arm_words(best)} (Table III)", "S16"),
        ("Dice of focal Tversky", facts["best_dice_of_the_text"] + text, f"{printed[named]} (Table III)", "S16"),
        (
            "Dice of log-cosh Dice",
            facts["log_cosh_dice_of_the_text"] + text,
            f"{printed[ours]} (Table III)",
            "S16, S21",
        ),
        ("examples", facts["annotated_examples"] + text, f"{slices:g} slices of {facts['scans']} scans", "S17"),
    ]
    return pd.DataFrame(rows, columns=["number", "in one place", "in another", "errata"])
