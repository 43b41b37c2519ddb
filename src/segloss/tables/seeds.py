"""The table of a seed study: what other seeds change, beside what other cases change."""

import math
from pathlib import Path

import pandas as pd

from segloss.statistics import Results, SeedSpread, load_seed_study, seed_spread
from segloss.verdicts.words import arm_words, number, signed

NO_STUDY = "no seed study at this scale"
BELOW_ZERO = " (estimate below 0)"
_PARTS = {"seed": "seed", "fold": "fold", "case": "subject", "rest": "seed × subject and rest"}


def seed_table(folder: Path | str, arm: str, baseline: str) -> pd.DataFrame:
    """Dice of every arm of a seed study, and of the paired difference of two; one row that says so without a study.

    Each row has the fingerprints of its own data and code, which may be older than those of the page.

    Args:
        folder: The study's metrics, ``reports/metrics/<scale>/<paper>/seeds``.
        arm: The paper's own loss, whose difference from ``baseline`` gets a row.
        baseline: The arm that it is held against.
    """
    study = load_seed_study(folder)
    if study is None:
        return pd.DataFrame([{"data set": "–", "arm": NO_STUDY}])
    rows = []
    for dataset in study.datasets:
        arms = study.arms(dataset)
        rows += [_row(study, dataset, name, seed_spread(study, dataset, name)) for name in arms]
        if {arm, baseline} <= set(arms):
            difference = seed_spread(study, dataset, arm, baseline)
            rows.append(_row(study, dataset, f"{arm} - {baseline}", difference))
    return pd.DataFrame(rows or [{"data set": "–", "arm": NO_STUDY}])


def _row(study: Results, dataset: str, name: str, spread: SeedSpread) -> dict[str, str]:
    write = signed if " - " in name else number
    provenance = study.provenance[dataset]
    planned, found = len(provenance["seeds"]), len(spread.by_seed)
    left_out = f" (+{spread.left_out} without a value)" if spread.left_out else ""
    prints = provenance["fingerprints"]
    return {
        "data set": study.data(dataset),
        "arm": arm_words(name),
        "seeds": str(planned) if found == planned else f"{found} of {planned}",
        "subjects": f"{spread.cases}{left_out}",
        "mean Dice": write(spread.mean, "dice"),
        "mean by seed": "; ".join(write(mean, "dice") for mean in spread.by_seed.values()) or "–",
        "SD over seeds of the mean": number(spread.sd_seeds, "dice"),
        "SD over subjects": number(spread.sd_cases, "dice"),
        **{f"variance: {head}": _share(spread, part) for part, head in _PARTS.items()},
        "data · code": f"{prints['data']} · {prints['code']}",
    }


def _share(spread: SeedSpread, part: str) -> str:
    share = spread.shares[part]
    # A few seeds and subjects carry no more digits.
    return "–" if math.isnan(share) else f"{share:.0%}" + BELOW_ZERO * (spread.variances[part] < 0)
