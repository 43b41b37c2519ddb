"""Tables of the synthesis: its losses, its comparisons, its decisions, and the published slips."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from segloss.statistics.paired import compare, comparison_frame
from segloss.statistics.slips import fold_p
from segloss.statistics.synthesis import dataset_means
from segloss.verdicts.findings import Findings
from segloss.verdicts.words import arm_words, interval_words, number, p_words

NO_SYNTHESIS = "no synthesis: make synthesis"


def losses_compared_table(found: Findings | None) -> pd.DataFrame:
    """One row per loss, the best mean rank first; means are over data sets, each weighing the same."""
    if found is None:
        return _nothing()
    losses, study = found.losses, found.study
    means = {name: dataset_means(study, losses, name).mean(axis="columns") for name in ("sensitivity", "precision")}
    cost = study.costs.groupby("loss")["ratio"].median()
    table = found.stability.set_index("loss")
    data = "phantoms" if found.note.startswith("Phantoms") else "real subsets"
    rows = [
        {
            "loss": arm_words(loss),
            f"mean rank by Dice ({data})": f"{found.ranks.mean[loss]:.2f}",
            "mean Dice": number(found.means.loc[loss].mean(), "dice"),
            "sensitivity": number(means["sensitivity"][loss], "dice"),
            "precision": number(means["precision"][loss], "dice"),
            "rank by surface Dice": f"{found.measures.loc[loss, 'surface Dice']:.2f}",
            "rank by 95 % Hausdorff": f"{found.measures.loc[loss, '95 % Hausdorff']:.2f}",
            "rank by calibration": f"{found.measures.loc[loss, 'calibration']:.2f}",
            "SD over seeds, Dice": number(table.loc[loss, "sd_seeds"], "dice"),
            "runs": str(table.loc[loss, "runs"]),
            "collapsed": f"{table.loc[loss, 'collapsed']:.0%}",
            "diverged": f"{table.loc[loss, 'diverged']:.0%}",
            "time of a step": f"{cost[loss]:.2f} ×",
        }
        for loss in losses
    ]
    return pd.DataFrame(rows)


def against_baseline_table(found: Findings | None, baseline: str = "cross_entropy") -> pd.DataFrame:
    """Every loss against one of them on every data set, subject by subject; Holm corrects over a data set.

    The last column is the corrected resampled t-test over the folds, whose training data overlap.
    """
    if found is None:
        return _nothing()
    frame = baseline_comparisons(found, baseline)
    rows = [
        {
            "data set": found.titles[row.dataset],
            "loss": arm_words(row.arm),
            "subjects": str(row.cases),
            "mean Dice": number(row.mean, "dice"),
            f"less {arm_words(baseline)} (interval)": interval_words(row),
            "d_z": number(row.d_z, "d"),
            "rank-biserial": number(row.rank_biserial, "r"),
            "p, Holm": p_words(row.p_holm),
            "p over folds, corrected": p_words(row.p_resampled),
        }
        for row in frame.itertuples()
    ]
    return pd.DataFrame(rows)


def baseline_comparisons(found: Findings, baseline: str) -> pd.DataFrame:
    """The comparisons behind :func:`against_baseline_table`, with ``p_holm`` and ``p_resampled``."""
    results, rules = found.study.results(found.losses), found.rules
    others = [loss for loss in found.losses if loss != baseline]
    bootstrap = {"confidence": rules["confidence"], "resamples": rules["resamples"]}
    frame = pd.concat(
        [
            comparison_frame([compare(results, dataset, loss, baseline, **bootstrap) for loss in others])
            for dataset in found.study.datasets
        ],
        ignore_index=True,
    )
    folds = [fold_p(found.study, row.dataset, row.arm, baseline) for row in frame.itertuples()]
    return frame.assign(p_resampled=folds)


def decisions_table(found: Findings | None) -> pd.DataFrame:
    """How often each loss is better than, equivalent to, or worse than another one, or nobody can tell."""
    if found is None:
        return _nothing()
    mirrored = found.pairs.rename(columns={"row": "column", "column": "row"})
    mirrored = mirrored.assign(decision=mirrored["decision"].replace({"better": "worse", "worse": "better"}))
    both = pd.concat([found.pairs, mirrored])
    counts = both.groupby("row")["decision"].value_counts().unstack(fill_value=0)
    heads = {"better": "better than", "equivalent": "equivalent to", "worse": "worse than", "undecided": "undecided"}
    return pd.DataFrame(
        [
            {"loss": arm_words(loss), **{head: str(counts.loc[loss].get(name, 0)) for name, head in heads.items()}}
            for loss in found.losses
        ]
    )


def synthesis_data_table(found: Findings | None, missing: list[str]) -> pd.DataFrame:
    """The data sets: cases, structures with their shares, parts of a fold; and those whose tables are not there."""
    rows = [] if found is None else [_data_row(found, name) for name in found.study.datasets]
    absent = [{"data set": name, "cases": "tables missing: make synthesis"} for name in missing]
    return pd.DataFrame(rows + absent).fillna("–")


def slips_table(effects: pd.DataFrame, forms: Mapping[str, Mapping[str, Any]], rope: float) -> pd.DataFrame:
    """Every published form against the loss without its slip, on every data set.

    Args:
        effects: As :func:`segloss.statistics.slips.slip_effects` gives them, with the column ``data``.
        forms: Of the protocol.
        rope: Half the width of the region of practical equivalence.
    """
    rows = [
        {
            "published form": arm_words(row.arm),
            "without the slip": arm_words(forms[row.arm]["right"]),
            "data set": row.data,
            "subjects": str(row.cases),
            "mean Dice, published": number(row.mean, "dice"),
            "mean Dice, right": number(row.baseline_mean, "dice"),
            "difference (interval)": interval_words(row),
            "d_z": number(row.d_z, "d"),
            "p, Holm": p_words(row.p_holm),
            "p over folds, corrected": p_words(row.p_resampled),
            "the interval": interval_place(row.low, row.high, rope),
        }
        for row in effects.itertuples()
    ]
    return pd.DataFrame(rows) if rows else _nothing()


def interval_place(low: float, high: float, rope: float) -> str:
    """Where an interval lies beside the region of practical equivalence.

    >>> interval_place(-0.2, -0.1, 0.01), interval_place(-0.004, 0.003, 0.01), interval_place(-0.05, 0.02, 0.01)
    ('below: worse as published', 'within: practically the same', 'not decided')
    """
    if high < -rope:
        return "below: worse as published"
    if low > rope:
        return "above: better as published"
    return "within: practically the same" if -rope <= low and high <= rope else "not decided"


def _data_row(found: Findings, name: str) -> dict[str, str]:
    facts = found.study.provenance[name]
    shares = found.structures[found.structures["dataset"] == name].drop_duplicates("class")
    fold = facts["folds"][0]
    return {
        "data set": found.titles[name],
        "cases": str(facts["cases"]),
        "structures (share of the voxels)": ", ".join(f"{r['class']} ({r['share']:.2%})" for _, r in shares.iterrows()),
        "first fold: train, watch, test": f"{fold['train']}, {fold['validation']}, {fold['test']}",
        "data · code": f"{facts['fingerprints']['data']} · {facts['fingerprints']['code']}",
    }


def _nothing() -> pd.DataFrame:
    return pd.DataFrame([{"loss": NO_SYNTHESIS}])
