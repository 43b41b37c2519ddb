"""The robustness sweep in the form of other results, so that the same measures and rules decide on it."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from segloss.statistics import Results
from segloss.statistics.sweep import Sweep

SWEEP = "sweep"  # all shares together
NOT_RUN = "robustness sweep (make sweep)"
SHARES = (0.5, 0.2, 0.05, 0.01, 0.003, 0.001)
MEASURED = ("dice", "sensitivity", "specificity", "false_negatives", "false_positives")
_COLUMNS = ["dataset", "arm", "fold", "case", "class", "metric", "value"]


@dataclass(frozen=True)
class SweepResults(Results):
    """The sweep as results, and the sweep itself for what only it can tell; None where it was not run."""

    sweep: Sweep | None = None


def share_key(share: float) -> str:
    """Name of the phantoms of one foreground share.

    >>> share_key(0.5), share_key(0.003)
    ('share_50', 'share_0.3')
    """
    return f"share_{100 * share:g}"


def as_results(sweep: Sweep | None) -> SweepResults:
    """One data set per share, and ``sweep`` with all cases; an arm is a loss and, where it varies, its setting.

    A case's value is the mean over its seeds. The trivial answers stand beside the most balanced phantoms alone: there
    every loss has to learn, while to fail on a small object is what the sweep looks for.

    Args:
        sweep: As :func:`segloss.statistics.load_sweep` gives it; None where it was not run, so that all data sets are
            absent.
    """
    kind, cases = ("absent", _no_cases()) if sweep is None else ("phantom", _seed_means(sweep.runs))
    titles = {share_key(share): f"{100 * share:g} % foreground" for share in SHARES} | {SWEEP: "robustness sweep"}
    if sweep is None:
        titles = dict.fromkeys(titles, NOT_RUN)
    arms: dict[str, Any] = {arm: {"outcome": "done"} for arm in cases["arm"].unique()}
    provenance = {
        name: {"title": title, "kind": kind, "arms": arms, "learned_on": share_key(max(SHARES))}
        for name, title in titles.items()
    }
    frames = [cases.assign(dataset=cases["share"].map(share_key)), cases.assign(dataset=SWEEP)]
    long = pd.concat([*map(_long, frames), _trivial(cases)], ignore_index=True)
    return SweepResults(long[_COLUMNS], pd.DataFrame(columns=["dataset", "arm", "fold"]), provenance, sweep)


def _seed_means(runs: pd.DataFrame) -> pd.DataFrame:
    # A case number means another phantom at every share.
    case = runs["share"].map(share_key) + "-" + runs["case"].astype(str)
    keys = ["arm", "share", "case"]
    return runs.assign(case=case).groupby(keys, sort=False)[list(MEASURED)].mean().reset_index()


def _no_cases() -> pd.DataFrame:
    return pd.DataFrame(columns=["arm", "share", "case", *MEASURED])


def _long(cases: pd.DataFrame) -> pd.DataFrame:
    long = cases.melt(["dataset", "arm", "case"], list(MEASURED), "metric", "value")
    return long.assign(fold=0, **{"class": "object"})


def _trivial(cases: pd.DataFrame) -> pd.DataFrame:
    """Dice of predicting nothing and everything on the most balanced phantoms."""
    balanced = cases[cases["share"] == max(SHARES)].drop_duplicates("case")
    everything = 2 * balanced["share"] / (1 + balanced["share"])
    answers = {"predict_nothing": 0 * everything, "predict_everything": everything}
    rows = [balanced.assign(arm=arm, value=dice) for arm, dice in answers.items()]
    return pd.concat(rows).assign(dataset=share_key(max(SHARES)), fold=0, metric="dice", **{"class": "object"})
