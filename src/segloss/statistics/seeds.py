"""How much of a mean is luck: the variance of a seed study, split into seed, fold and case.

A run is one network: one seed on one fold. All runs of a fold segment the same cases, so that in it seeds and cases are
crossed. The same seed starts other networks in other folds, so that seeds are nested in folds. A value y is therefore

    y[f, s, c] = mean + F[f] + S[f, s] + C[f, c] + R[f, s, c],

with independent random parts of variance v_fold, v_seed, v_case and v_rest. The rest is what a seed does to one case
and not to the others, and cannot be told from noise. The method of moments sets sums of squares equal to what is
expected of them. Let there be s seeds, k folds, n_f cases in fold f and N in all; n is the mean of n_f, and h that of
1 / n_f. With deviations from the means of the same fold, and sums over folds, seeds and cases,

    M_seed = sum of n_f (mean of a seed - mean of the fold)^2 / (k (s - 1)),   expected  v_rest + n v_seed
    M_case = sum of s (mean of a case - mean of the fold)^2 / (N - k),         expected  v_rest + s v_case
    M_rest = sum of (what neither explains)^2 / ((s - 1) (N - k)),             expected  v_rest
    M_fold = variance of the means of the folds,    expected  v_fold + v_seed / s + (v_case + v_rest / s) h.

With equal folds the estimates are those of the analysis of variance (Searle, Casella and McCulloch, *Variance
Components*, 1992). One can be negative: noise alone would then make more of the part than there is. It counts as 0.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from segloss.errors import InputError
from segloss.metrics_files import read_metrics
from segloss.statistics.results import Results, case_values
from segloss.statistics.subjects import over_subjects

PARTS = ("seed", "fold", "case", "rest")


@dataclass(frozen=True)
class SeedSpread:
    """A mean, what it was with each seed, and where the variance of the values comes from.

    Attributes:
        cases: Values per seed: subjects with a value under every seed.
        left_out: Subjects without a value under some seed.
        mean: Over cases and seeds.
        by_seed: Mean over the cases, by seed; seeds without any value are left out.
        sd_cases: Standard deviation over cases, of their means over the seeds.
        variances: Of one value: v_seed, v_fold, v_case and v_rest by the names of ``PARTS``, as estimated, and so
            perhaps negative; NaN where the study cannot tell, as of folds where there is one.
    """

    cases: int
    left_out: int
    mean: float
    by_seed: dict[int, float]
    sd_cases: float
    variances: dict[str, float]

    @property
    def sd_seeds(self) -> float:
        """Standard deviation over the seeds of the mean over these cases: what training once more would change."""
        return float(np.std(list(self.by_seed.values()), ddof=1)) if len(self.by_seed) > 1 else float("nan")

    @property
    def shares(self) -> dict[str, float]:
        """Each part's share of the variance; negative parts count as 0, unknown ones stay NaN."""
        known = {part: max(variance, 0.0) for part, variance in self.variances.items() if np.isfinite(variance)}
        total = sum(known.values())
        return {part: known[part] / total if total > 0 and part in known else float("nan") for part in PARTS}


def load_seed_study(folder: Path | str) -> Results | None:
    """The seed study of a paper, ``reports/metrics/<scale>/<paper>/seeds``; None if there is none.

    Its metrics have the column ``seed`` besides those of other results, and its provenance the ``seeds``; no history.

    Raises:
        InputError: If the metrics of a data set are missing.
    """
    files = sorted(Path(folder).glob("*-provenance.json"))
    provenance = {
        path.name.removesuffix("-provenance.json"): json.loads(path.read_text(encoding="utf-8")) for path in files
    }
    metrics = []
    for dataset in provenance:
        path = Path(folder) / f"{dataset}.csv"
        if not path.is_file():
            raise InputError(f"{path} is missing; expected the metrics of the seed study.")
        metrics.append(read_metrics(path).assign(dataset=dataset))
    return Results(pd.concat(metrics, ignore_index=True), pd.DataFrame(), provenance) if metrics else None


def seed_spread(
    study: Results, dataset: str, arm: str, baseline: str | None = None, metric: str = "dice"
) -> SeedSpread:
    """Mean and spread of an arm, or of its paired differences from ``baseline``, seed by seed and subject by subject.

    Two arms with one seed start from the same weights and see the same batches, so that they are paired by seed too. Of
    several classes it is the mean over those of a case that have a value, of several cases of a subject the mean.
    """
    rows = study.metrics[study.metrics["dataset"] == dataset]
    columns = {}
    for seed, of_seed in rows.groupby("seed"):
        values = case_values(of_seed, dataset, metric)
        missing = pd.Series(np.nan, index=values.index)
        ours, theirs = values.get(arm, missing), values.get(baseline, missing) if baseline else 0.0
        columns[seed] = (ours - theirs).rename(arm)
    fold_of = rows.groupby("case")["fold"].first().to_frame()
    table = over_subjects(pd.DataFrame(columns), study, dataset)
    folds = over_subjects(fold_of, study, dataset)["fold"].reindex(table.index)
    return spread_of(table, folds)


def spread_of(table: pd.DataFrame, folds: pd.Series) -> SeedSpread:
    """Split the variance of a table of cases by seeds; ``folds`` has the fold of each case.

    Only cases with a value under every seed are used, and seeds that have any value.
    """
    seeds = table.dropna(axis="columns", how="all")
    complete = seeds.dropna() if len(seeds.columns) else seeds.iloc[:0]
    blocks = [block.to_numpy(dtype=float) for _, block in complete.groupby(folds.reindex(complete.index))]
    of_cases = complete.mean(axis="columns")
    return SeedSpread(
        cases=len(complete),
        left_out=len(table) - len(complete),
        mean=float(of_cases.mean()),
        by_seed={int(seed): float(mean) for seed, mean in complete.mean().items()},
        sd_cases=float(of_cases.std()),
        variances=_variances(blocks),
    )


def _variances(blocks: list[np.ndarray]) -> dict[str, float]:
    """The four variances, from a table of cases by seeds of each fold."""
    sizes = np.array([len(block) for block in blocks])
    folds, seeds = len(blocks), blocks[0].shape[1] if blocks else 0
    spare = sizes.sum() - folds
    if seeds < 2 or spare < 1:
        return dict.fromkeys(PARTS, float("nan"))
    squares = np.zeros(3)
    for block in blocks:
        by_seed, by_case = block.mean(axis=0) - block.mean(), block.mean(axis=1, keepdims=True) - block.mean()
        rest = block - block.mean() - by_seed - by_case
        squares += len(block) * (by_seed**2).sum(), seeds * (by_case**2).sum(), (rest**2).sum()
    of_seeds, of_cases, v_rest = squares / (folds * (seeds - 1), spare, (seeds - 1) * spare)
    v_seed, v_case = (of_seeds - v_rest) / sizes.mean(), (of_cases - v_rest) / seeds
    v_fold = float("nan")
    if folds > 1:
        expected = v_seed / seeds + (v_case + v_rest / seeds) * (1 / sizes).mean()
        v_fold = np.var([block.mean() for block in blocks], ddof=1) - expected
    return {part: float(value) for part, value in zip(PARTS, (v_seed, v_fold, v_case, v_rest), strict=True)}
