"""The printed values per organ of the TopK Dice paper, held against its printed means and its claim."""

import pandas as pd

from segloss.published import load_published, printed_names
from segloss.verdicts.words import arm_words

NEW, PLAIN = "cross_entropy_plus_topk_dice", "cross_entropy_plus_dice"
ROUNDING = 0.0001  # of a share that is printed in percent with two decimals: half of it in the mean, half in the organs


def printed_means_table(paper: str = "topk_dice") -> pd.DataFrame:
    """The printed mean of every row that has organs, beside the mean of its organs (errata T10)."""
    cells, names = _organ_tables(paper), printed_names(paper)
    rows = []
    for (dataset, arm), row in cells.groupby(["dataset", "arm"], sort=False):
        [mean], organs = row.loc[row["class"].isna(), "value"], row.loc[row["class"].notna(), "value"]
        agree = abs(organs.mean() - mean) <= ROUNDING
        words = (f"{100 * mean:.2f} %", f"{100 * organs.mean():.3f} %", str(len(organs)), "yes" if agree else "no")
        rows.append((names[dataset], arm_words(arm), *words))
    return pd.DataFrame(
        rows, columns=["data set", "arm", "mean, printed", "mean of the structures", "structures", "agree"]
    )


def printed_ranks_table(paper: str = "topk_dice") -> pd.DataFrame:
    """For every structure the best of the five losses as printed, and where the new loss stands (errata T13)."""
    cells, names = _organ_tables(paper), printed_names(paper)
    rows = []
    for (dataset, structure), column in cells.dropna(subset="class").groupby(["dataset", "class"], sort=False):
        values = column.set_index("arm")["value"]
        rank = int(values.rank(ascending=False)[NEW])
        best = values.idxmax()
        points = f"{100 * (values[NEW] - values[PLAIN]):+.2f} points".replace("-", "−")
        printed = column.set_index("arm")["printed"]
        place = f"{rank} of {len(values)}"
        rows.append((names[dataset], structure, f"{arm_words(best)}: {printed[best]}", printed[NEW], place, points))
    heads = ["data set", "structure", "best loss", arm_words(NEW), "its rank", f"minus {arm_words(PLAIN)}"]
    return pd.DataFrame(rows, columns=heads)


def _organ_tables(paper: str) -> pd.DataFrame:
    """Dice cells of the tables that have columns of structures."""
    cells = load_published(paper)
    cells = cells[cells["metric"] == "dice"]
    return cells[cells["table"].isin(cells.loc[cells["class"].notna(), "table"])]
