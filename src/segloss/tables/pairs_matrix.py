"""Every pair of arms in one row: the printed p-value, the paper's test on our values, and the paired tests."""

from collections.abc import Sequence

import pandas as pd

from segloss.published import load_published
from segloss.statistics import Results, pairwise_tests
from segloss.verdicts.words import arm_words, p_words, signed

_HEADS = [
    "data set",
    "structure",
    "pair",
    "cases",
    "difference in Dice",
    "p, published",
    "p, rank-sum",
    "p, signed-rank",
]
_HEADS += ["p, permutation"]


def pairs_matrix_table(
    results: Results,
    dataset: str,
    arms: Sequence[str],
    structures: Sequence[str],
    table: str | None = None,
    *,
    paper: str = "unified_focal",
    resamples: int = 2000,
) -> pd.DataFrame:
    """The matrix of a table as rows; all p-values of ours are corrected by Holm over the pairs of a structure.

    Args:
        results: Measured values; pairs without them keep their row.
        dataset: Which data set.
        arms: In the order of the matrix: each is compared with those before it.
        structures: Which classes, each a matrix of its own.
        table: The paper's table with this matrix, if it has one; its rows are named "structure.arm".
        paper: Whose table.
        resamples: Number of sign flips of the permutation test.
    """
    cells = load_published(paper)
    printed = cells[cells["table"] == table].set_index(["row", "column"])["printed"] if table else pd.Series(dtype=str)
    rows = []
    for structure in structures:
        tests = pairwise_tests(results, dataset, arms, structure=structure, resamples=resamples)
        found = {(row.row, row.column): row for row in tests.itertuples()}
        for place, row in enumerate(arms):
            for column in arms[:place]:
                pair = (results.data(dataset), structure, f"{arm_words(row)} − {arm_words(column)}")
                p = printed.get((f"{structure}.{row}", column), "–")
                test = found.get((row, column))
                if test is None:
                    rows.append((*pair, "0", "–", p, "–", "–", "–"))
                    continue
                ours = map(p_words, (test.rank_sum_holm, test.signed_rank_holm, test.permutation_holm))
                rows.append((*pair, str(test.cases), signed(test.difference, "dice"), p, *ours))
    return pd.DataFrame(rows, columns=_HEADS)
