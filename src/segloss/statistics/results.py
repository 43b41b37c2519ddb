"""The measured values of a paper at one scale, as tidy frames."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from segloss.errors import InputError
from segloss.metrics_files import read_metrics
from segloss.published import published_datasets
from segloss.statistics.per_slice import slice_weights

TRUTH = "truth"
TRIVIAL_ARMS = ("predict_nothing", "predict_everything", "mean_training_mask")
DISTANCES = ("hausdorff_px", "hausdorff_mm", "hausdorff95_mm")
_KINDS = {"phantom": " (phantom)", "subset": " (real subset)", "paper": "", "absent": " (absent)"}


@dataclass(frozen=True)
class Results:
    """Everything that the evaluation of a paper wrote at one scale.

    Attributes:
        metrics: One row per value: dataset, arm, fold, case, class, metric, value.
        history: One row per epoch: dataset, arm, fold, epoch, phase, loss, validation_loss, validation_dice,
            and validation_hausdorff_mm where a protocol measures it.
        provenance: What is known of each data set and its arms, by data set; the order is the paper's.
    """

    metrics: pd.DataFrame
    history: pd.DataFrame
    provenance: dict[str, dict[str, Any]]

    @property
    def datasets(self) -> tuple[str, ...]:
        """All data sets of the paper, absent ones included."""
        return tuple(self.provenance)

    @property
    def present(self) -> tuple[str, ...]:
        """The data sets with at least one trained arm."""
        return tuple(dataset for dataset in self.provenance if self.arms(dataset))

    def arms(self, dataset: str) -> tuple[str, ...]:
        """The arms with measured values, in the order of params.yaml; not the trivial ones."""
        measured = set(self.metrics.loc[self.metrics["dataset"] == dataset, "arm"].unique())
        return tuple(arm for arm in self.provenance.get(dataset, {}).get("arms", {}) if arm in measured)

    def kind(self, dataset: str) -> str:
        """What the data are: "phantom", "subset" (real, not the paper's full set), "paper" or "absent"."""
        return self.provenance[dataset]["kind"] if dataset in self.provenance else "absent"

    def title(self, dataset: str) -> str:
        """The data set's name as people write it."""
        return self.provenance[dataset]["title"] if dataset in self.provenance else dataset

    def data(self, dataset: str) -> str:
        """Name and kind, as every table and figure has to say it: "ISIC 2018 (phantom)"."""
        return self.title(dataset) + _KINDS[self.kind(dataset)]


def load_results(folder: Path | str) -> Results:
    """Read the metrics folder of a paper, ``reports/metrics/<scale>/<paper>``.

    Args:
        folder: Where the evaluation wrote its files; its name is the paper's.

    Raises:
        InputError: If the folder has no evaluated data set, or a file beside one is missing.
    """
    folder = Path(folder)
    found = {path.name.removesuffix("-provenance.json") for path in folder.glob("*-provenance.json")}
    if not found:
        raise InputError(f"{folder} has no evaluated data set; expected files <data set>-provenance.json.")
    wanted = published_datasets(folder.name)
    order = [name for name in wanted if name in found] + sorted(found.difference(wanted))
    provenance = {
        name: json.loads(_existing(folder / f"{name}-provenance.json").read_text(encoding="utf-8")) for name in order
    }
    return Results(
        metrics=_read_all(folder, order, ".csv"),
        history=_read_all(folder, order, "-history.csv"),
        provenance=provenance,
    )


def case_values(metrics: pd.DataFrame, dataset: str, metric: str, classes: Iterable[str] | None = None) -> pd.DataFrame:
    """One metric of a data set, cases by arms; each case was tested once.

    Of several classes it is the mean over those of a case that have a value. A distance is infinite where the structure
    is missed or invented, so that it ranks worst, and NaN, as every other metric, where it is absent from truth and
    prediction.

    Args:
        metrics: As :attr:`Results.metrics`.
        dataset: Which data set.
        metric: Which metric.
        classes: Which classes; all if left out.
    """
    values = _pivot(metrics, dataset, metric, classes)
    if metric in DISTANCES:
        overlap = _pivot(metrics, dataset, "dice", classes).reindex(index=values.index, columns=values.columns)
        values = values.where(values.notna() | overlap.isna(), np.inf)
    return values.groupby(level="case").mean()


def fold_means(metrics: pd.DataFrame, dataset: str, metric: str, classes: Iterable[str] | None = None) -> pd.DataFrame:
    """Mean of a metric over the cases of each fold, folds by arms; undefined values are left out.

    Of several classes the mean over those of a case comes first. Arguments as of :func:`case_values`.
    """
    rows = _over_classes(_rows(metrics, dataset, metric, classes)).astype({"arm": str})
    return rows.groupby(["fold", "arm"], sort=False)["value"].mean().unstack("arm")


def summarise(metrics: pd.DataFrame, *, by_class: bool = False) -> pd.DataFrame:
    """Mean, spread and number of cases per data set, arm and metric.

    Of several classes a case's value is the mean over those that have one. A mean over classes of means over cases, as
    papers give it, is the same unless a class is absent from some cases; for that, take the means ``by_class``.
    A mean over slices (:mod:`segloss.statistics.per_slice`) weighs each case by its number of slices, in mean and
    sd_folds.

    Args:
        metrics: As :attr:`Results.metrics`.
        by_class: Whether each class has rows of its own.

    Returns:
        dataset, arm, class (only ``by_class``), metric, mean, sd_images (over cases), sd_folds (over means of folds),
        cases (with a value), undefined (cases without one), folds.
    """
    keys = ["dataset", "arm", *(["class"] if by_class else []), "metric"]
    values = metrics if by_class else _over_classes(metrics)
    weights = slice_weights(values, metrics).where(values["value"].notna())
    values = values.assign(weight=weights, weighted=weights * values["value"])
    grouped = values.groupby(keys, sort=False, observed=True)
    cases = grouped["value"].agg(sd_images="std", cases="count", rows="size")
    folds = _weighted_means(values, [*keys, "fold"])
    spread = folds.groupby(keys, sort=False, observed=True).agg(sd_folds="std", folds="size")
    frame = cases.join([_weighted_means(values, keys), spread]).reset_index().astype(dict.fromkeys(keys, str))
    frame["undefined"] = frame["rows"] - frame["cases"]
    return frame[[*keys, "mean", "sd_images", "sd_folds", "cases", "undefined", "folds"]]


def pooled_values(results: Results, metric: str, arms: Iterable[str]) -> pd.DataFrame:
    """Cases of all data sets with these arms, each image once; index (dataset, case).

    The sets are not independent (errata K15): SCD holds its melanoma and non-melanoma subsets, and the ISIC years
    share images. An image that occurs in several sets counts in the largest of them only.
    """
    arms = list(arms)
    tables = {name: case_values(results.metrics, name, metric) for name in results.present}
    tables = {name: table[arms] for name, table in tables.items() if set(arms) <= set(table.columns)}
    if not tables:
        return pd.DataFrame(columns=arms, dtype=float)
    pooled = pd.concat(dict(sorted(tables.items(), key=lambda item: -len(item[1]))), names=["dataset", "case"])
    return pooled[~pooled.index.get_level_values("case").duplicated()]


def _rows(metrics: pd.DataFrame, dataset: str, metric: str, classes: Iterable[str] | None) -> pd.DataFrame:
    wanted = (metrics["dataset"] == dataset) & (metrics["metric"] == metric)
    return metrics[wanted if classes is None else wanted & metrics["class"].isin(list(classes))]


def _pivot(metrics: pd.DataFrame, dataset: str, metric: str, classes: Iterable[str] | None) -> pd.DataFrame:
    """Values by case and class, and arm, in the order of the arms."""
    rows = _rows(metrics, dataset, metric, classes).astype({"arm": str, "class": str})
    return rows.pivot(index=["case", "class"], columns="arm", values="value")[list(rows["arm"].unique())]


def _over_classes(metrics: pd.DataFrame) -> pd.DataFrame:
    """One row per data set, arm, fold, case and metric: the mean over the classes that have a value."""
    keys = ["dataset", "arm", "fold", "case", "metric"]
    if not metrics.duplicated(keys).any():
        return metrics
    return metrics.groupby(keys, sort=False, observed=True)["value"].mean().reset_index()


def _weighted_means(values: pd.DataFrame, keys: list[str]) -> pd.Series:
    sums = values.groupby(keys, sort=False, observed=True)[["weighted", "weight"]].sum()
    return (sums["weighted"] / sums["weight"]).rename("mean")


def _read_all(folder: Path, datasets: list[str], suffix: str) -> pd.DataFrame:
    read = read_metrics if suffix == ".csv" else _read_history
    frames = {name: read(_existing(folder / f"{name}{suffix}")) for name in datasets}
    filled = {name: frame for name, frame in frames.items() if len(frame)} or dict(list(frames.items())[:1])
    frame = pd.concat(filled, names=["dataset", None]).reset_index(level=0).reset_index(drop=True)
    # Few names in very many rows: as categories they are compared fifty times faster.
    return frame.astype({name: "category" for name in ("dataset", "arm", "class", "metric") if name in frame})


def _read_history(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"arm": str, "phase": str})


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"{path} is missing; expected it beside the other files of the evaluation.")
    return path
