"""The synthesis as its tables have it: every loss on every data set under one protocol."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from segloss.errors import InputError
from segloss.statistics.results import Results, case_values
from segloss.statistics.subjects import over_subjects

PARTS = ("cases", "runs", "reliability", "costs", "shares")
METRICS = ("dice", "sensitivity", "precision", "surface_dice", "hausdorff95")
# What a network that never came to be is worth: it finds nothing.
DIVERGED = {"dice": 0.0, "sensitivity": 0.0, "precision": 0.0, "surface_dice": 0.0}


@dataclass(frozen=True)
class Synthesis:
    """All tables of the synthesis at one scale, each with the column ``dataset``; cases and reliability know their run.

    Attributes:
        cases: dataset, run, case, class and the metrics; and loss, fold, seed and rate of the run. A diverged run has
            an overlap of 0 with every structure that is there and no distance.
        runs: dataset, run, loss, fold, seed, rate, outcome, still_falling, dice, trivial, trivial_dice.
        reliability: dataset, run, bin, voxels, probability, foreground; and the run's loss and fold.
        costs: dataset, loss, seconds, low, ratio, high.
        shares: dataset, case, class, share.
        provenance: Of each data set.
    """

    cases: pd.DataFrame
    runs: pd.DataFrame
    reliability: pd.DataFrame
    costs: pd.DataFrame
    shares: pd.DataFrame
    provenance: dict[str, dict[str, Any]]

    @property
    def datasets(self) -> list[str]:
        """The data sets whose tables are there, sorted."""
        return list(self.provenance)

    @property
    def first_seed(self) -> int:
        """The seed of all runs but those that ask for luck."""
        return min(int(seed) for facts in self.provenance.values() for seed in facts["seeds"])

    def title(self, dataset: str) -> str:
        """Name of a data set with its kind: "ISIC 2018 (phantom)"."""
        facts = self.provenance[dataset]
        return f"{facts['title']} ({'phantom' if facts['kind'] == 'phantom' else 'real subset'})"

    def common(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of the first seed at the common learning rate."""
        return frame[(frame["seed"] == self.first_seed) & (frame["rate"] == 1)]

    def results(self, losses: Sequence[str]) -> Results:
        """The comparison of some losses as results of a paper, whose arms they are."""
        rows = self.common(self.cases)
        rows = rows[rows["loss"].isin(losses)].rename(columns={"loss": "arm", "hausdorff95": "hausdorff95_mm"})
        names = [*METRICS[:-1], "hausdorff95_mm"]
        metrics = rows.melt(["dataset", "arm", "fold", "case", "class"], names, "metric", "value")
        provenance = {name: {**facts, "arms": dict.fromkeys(losses)} for name, facts in self.provenance.items()}
        return Results(metrics, pd.DataFrame(), provenance)

    def subject_table(
        self, dataset: str, losses: Sequence[str], metric: str = "dice", classes: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Subjects by losses: classes and cases of a subject are averaged first; a missed distance is infinite."""
        results, name = self.results(losses), "hausdorff95_mm" if metric == "hausdorff95" else metric
        values = case_values(results.metrics, dataset, name, classes)
        table = over_subjects(values, results, dataset)
        return table[[loss for loss in losses if loss in table]]


def load_synthesis(folder: Path | str) -> Synthesis | None:
    """The synthesis of a scale, ``reports/metrics/<scale>/synthesis``; None if there is none.

    Raises:
        InputError: If a table of a data set is missing.
    """
    names = sorted(path.name.removesuffix("-provenance.json") for path in Path(folder).glob("*-provenance.json"))
    if not names:
        return None
    provenance = {
        name: json.loads((Path(folder) / f"{name}-provenance.json").read_text(encoding="utf-8")) for name in names
    }
    tables = {part: pd.concat([_read(Path(folder), name, part) for name in names]) for part in PARTS}
    runs = tables["runs"]
    of_run = runs[["dataset", "run", "loss", "fold", "seed", "rate"]]
    diverged = _diverged_cases(tables["cases"], runs, tables["shares"])
    cases = pd.concat([tables["cases"].merge(of_run, on=["dataset", "run"]), diverged])
    reliability = tables["reliability"].merge(of_run, on=["dataset", "run"])
    return Synthesis(
        cases.reset_index(drop=True),
        runs.reset_index(drop=True),
        reliability,
        tables["costs"].reset_index(drop=True),
        tables["shares"].reset_index(drop=True),
        provenance,
    )


def dataset_means(study: Synthesis, losses: Sequence[str], metric: str = "dice") -> pd.DataFrame:
    """Losses by data sets: the mean of a metric over subjects; a distance is infinite where any structure is missed.

    For ranks of distances, where one miss makes a mean infinite, take :func:`median_means`.
    """
    tables = {name: study.subject_table(name, losses, metric) for name in study.datasets}
    return pd.DataFrame({name: table.mean() for name, table in tables.items()}).reindex(list(losses))


def median_means(study: Synthesis, losses: Sequence[str], metric: str = "hausdorff95") -> pd.DataFrame:
    """Losses by data sets: the median of a metric over the structures of all subjects.

    A missed structure is one value among many, so that a few do not make the median infinite. Of an even number of
    values it is the lower of the two in the middle.
    """
    medians = {}
    for name in study.datasets:
        each = (study.subject_table(name, losses, metric, [one]) for one in study.provenance[name]["classes"])
        medians[name] = pd.concat(each).apply(lambda of_loss: np.nanquantile(of_loss, 0.5, method="lower"))
    return pd.DataFrame(medians).reindex(list(losses))


def _read(folder: Path, dataset: str, part: str) -> pd.DataFrame:
    path = folder / f"{dataset}-{part}.csv"
    if not path.is_file():
        raise InputError(f"{path} is missing; expected it beside the other tables of the synthesis.")
    frame = pd.read_csv(path, dtype={"case": str, "class": str, "loss": str})
    frame.insert(0, "dataset", dataset)
    return frame


def _diverged_cases(cases: pd.DataFrame, runs: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """The rows that diverged runs would have: the cases of another run on the same fold.

    Where a structure is absent, finding nothing has no overlap that could be measured: there is no such row.
    """
    there = shares.loc[shares["share"] > 0, ["dataset", "case", "class"]]
    gone = runs[runs["outcome"] == "diverged"]
    kept = runs[runs["outcome"] != "diverged"].drop_duplicates(["dataset", "fold"])
    tested = kept[["dataset", "fold", "run"]].merge(cases[["dataset", "run", "case", "class"]], on=["dataset", "run"])
    tested = tested.merge(there, on=["dataset", "case", "class"])
    found = gone[["dataset", "run", "loss", "fold", "seed", "rate"]].merge(
        tested.drop(columns="run"), on=["dataset", "fold"]
    )
    return found.assign(**DIVERGED, hausdorff95=np.nan)
