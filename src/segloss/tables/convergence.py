"""How fast every loss learns, against one of them."""

from collections.abc import Iterable

import pandas as pd

from segloss.statistics import Results, convergence
from segloss.verdicts.words import arm_words, number


def convergence_table(results: Results, arms: Iterable[str], baseline: str) -> pd.DataFrame:
    """Epochs to the plateau that an arm shares with the baseline, and early validation Dice, as means over the runs.

    Each arm has a plateau of its own with the baseline, so that the baseline's epochs stand beside the arm's. One row
    says so where nothing was trained.
    """
    arms, rows = list(arms), []
    for dataset in results.present:
        for arm in arms:
            frame = convergence(results.history, dataset, arm, baseline)
            if arm == baseline or frame.empty:
                continue
            means = frame.groupby("arm")[["epochs_to_plateau", "early_dice"]].mean()
            cells = [number(means[column][name], column) for column in means for name in (arm, baseline)]
            runs = frame.loc[frame["arm"] == arm, "fold"].nunique()
            epochs = str(frame["epochs"].max())
            rows.append((results.data(dataset), arm_words(arm), epochs, *cells, str(runs)))
    rows = rows or [("–", "no pair of arms was trained at this scale", *6 * ("–",))]
    base = arm_words(baseline)
    heads = ["epochs to the plateau", f"of {base}", "early Dice", f"early Dice of {base}"]
    return pd.DataFrame(rows, columns=["data set", "arm", "epochs", *heads, "runs"])
