"""Where the numbers come from: data, outcomes of the arms, cases left out."""

import pandas as pd

from segloss.statistics import Results
from segloss.verdicts.words import arm_words


def outcomes_table(results: Results, unit: str = "images") -> pd.DataFrame:
    """What became of every arm of every data set; ``unit`` says what a case is."""
    columns = {"outcome": "outcome", "reason": "reason", "protocol": "protocol", "folds": "folds"}
    columns |= {"cases": f"{unit} tested", "epochs": "epochs", "steps": "steps"}
    rows = [
        {"data set": results.data(dataset), "arm": arm_words(arm)}
        | {head: "–" if facts[name] in (None, "") else str(facts[name]) for name, head in columns.items()}
        for dataset, provenance in results.provenance.items()
        for arm, facts in provenance["arms"].items()
    ]
    return pd.DataFrame(rows)


def left_out_table(results: Results) -> pd.DataFrame:
    """Every case that was left out or is odd, and why; one row says so where there is none."""
    none = {"data set": "–", "case": "–", "what": "no case left out, no warning", "reason": "–"}
    rows = [
        {"data set": results.data(dataset), "case": fault["case"], "what": what, "reason": fault["reason"]}
        for dataset, provenance in results.provenance.items()
        for name, what in (("left_out", "left out"), ("warnings", "kept, with a warning"))
        for fault in provenance[name] or ()
    ]
    return pd.DataFrame(rows or [none])


def provenance_table(results: Results, unit: str = "images") -> pd.DataFrame:
    """Which data, at which scale, by which code and parameters; ``unit`` says what a case is."""
    rows = []
    for dataset, provenance in results.provenance.items():
        prints = provenance["fingerprints"]
        rows.append(
            {
                "data set": results.data(dataset),
                "scale": provenance["scale"],
                unit: str(provenance["cases"]),
                "size (px)": str(provenance["image_size"] or "volumes"),
                "left out": str(len(provenance["left_out"] or ())),
                "warnings": str(len(provenance["warnings"] or ())),
                "grey masks": str(provenance["grey_masks"]),
                **{part: prints[part] or "–" for part in ("data", "code", "parameters")},
            }
        )
    return pd.DataFrame(rows)
