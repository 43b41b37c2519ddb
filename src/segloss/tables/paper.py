"""What the paper prints, held against itself: recomputed p-values and contradictions between text and tables."""

import math
from itertools import product
from typing import Any

import pandas as pd

from segloss.published import load_published, printed_names
from segloss.statistics import recompute_p_values
from segloss.verdicts.words import arm_words


def recomputed_table(paper: str = "kappa") -> pd.DataFrame:
    """The printed p-values beside those that the printed means and deviations allow (errata K10, K14)."""
    frame, names = recompute_p_values(paper), printed_names(paper)

    def ranged(row: Any, unit: str) -> str:
        low, high = getattr(row, f"p_{unit}_low"), getattr(row, f"p_{unit}_high")
        return f"{_short(low)} to {_short(high)}"

    return pd.DataFrame(
        [
            {
                "data set": names[row.dataset],
                "metric": row.metric,
                "Kappa": row.arm,
                "Dice": row.baseline,
                "p, printed": row.printed,
                "p, t-test over 3 folds": f"{_short(row.p_folds)} ({ranged(row, 'folds')})",
                "images": row.images,
                "p, t-test over images": f"{_short(row.p_images)} ({ranged(row, 'images')})",
                "p, paired over images": ranged(row, "paired"),
                "the printed p fits": row.fits,
            }
            for row in frame.itertuples()
        ]
    )


def text_against_table() -> pd.DataFrame:
    """Section 4.3.2 says that cross entropy first beats the single loss; the cells of Table 3 (errata K9)."""
    cells = load_published("kappa").query("table == '3'").set_index(["arm", "dataset"])["value"]
    datasets = list(dict.fromkeys(cells.index.get_level_values("dataset")))
    names, rows = printed_names("kappa"), []
    for loss, dataset in product(("dice", "kappa"), datasets):
        both, alone = cells[f"cross_entropy_then_{loss}", dataset], cells[loss, dataset]
        change = round(both - alone, 10)
        rows.append(
            {
                "data set": names[dataset],
                "two losses": f"{arm_words(f'cross_entropy_then_{loss}')}: {both:.2f}",
                "one loss": f"{arm_words(loss)}: {alone:.2f}",
                "in the text": "better",
                "in the table": "better" if change > 0 else "equal" if change == 0 else "worse",
            }
        )
    return pd.DataFrame(rows)


def repeated_cells() -> pd.DataFrame:
    """Table 3 says IoU, yet its Dice and Kappa rows repeat the Dice indices of Table 2 (errata K8)."""
    cells = load_published("kappa").query("metric == 'dice' and arm != 'p'")
    names = printed_names("kappa")
    second, third = (cells[cells["table"] == table].set_index(["dataset", "arm"])["printed"] for table in ("2", "3"))
    return pd.DataFrame(
        [
            {
                "data set": names[dataset],
                "arm": arm_words(arm),
                "Dice index, Table 2": second[dataset, arm],
                '"Average IoU", Table 3': third[dataset, arm],
                "same mean": "yes" if second[dataset, arm][:4] == third[dataset, arm][:4] else "no",
                "same spread": "yes" if second[dataset, arm][-4:] == third[dataset, arm][-4:] else "no",
            }
            for dataset, arm in third.index
            if (dataset, arm) in second.index
        ]
    )


def _short(p: float) -> str:
    """A p-value at any size, as "0.038" or "5e-12"."""
    if math.isnan(p):
        return "–"
    return f"{p:.3f}" if p >= 0.0005 else f"{p:.0e}" if p > 1e-99 else "< 1e-99"
