"""Tables of a synthesis that was never run: written as the stage writes them, with effects that are known."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from segloss.synthesis.protocol import Protocol, StudyRun, runs_of

CASES = 12
STRUCTURES = {"acdc": ["right ventricle", "myocardium", "left ventricle"], "hippocampus": ["Anterior", "Posterior"]}


def write_made_up(
    folder: Path,
    protocol: Protocol,
    scale: str,
    gains: dict[str, float] | None = None,
    diverged: tuple[str, ...] = (),
    seed: int = 0,
) -> Path:
    """Write the tables of every data set of a scale.

    Args:
        folder: Where to.
        protocol: Whose runs.
        scale: Of the protocol.
        gains: Dice by which a loss lies above 0.7 on every case; 0 if left out.
        diverged: Names of runs, as loss-fold-seed-rate, that have diverged.
        seed: Of the noise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, dataset in enumerate(protocol.scales[scale]["datasets"]):
        rng = np.random.default_rng([seed, number])
        runs = runs_of(protocol, scale, dataset)
        classes = STRUCTURES.get(dataset, ["lesion"])
        share = {name: 0.3 / 4 ** (number + place) for place, name in enumerate(classes)}
        easy = {f"case{case:02}": rng.normal(0, 0.03) for case in range(CASES)}
        tables: dict[str, list[Any]] = {"runs": [], "cases": [], "reliability": []}
        for row, run in enumerate(runs):
            gone = run.name in diverged
            mine = _cases(run, row, protocol, classes, easy, (gains or {}).get(run.loss, 0.0), rng)
            dice = None if gone else round(float(np.mean([case["dice"] for case in mine])), 5)
            outcome = {"outcome": "diverged" if gone else "done", "still_falling": not gone, "dice": dice}
            trivial = {"trivial": None if gone else "nothing", "trivial_dice": None if gone else 0.1}
            same = {"run": row, "loss": run.loss, "fold": run.fold, "seed": run.seed, "rate": run.rate}
            tables["runs"].append({**same, **outcome, **trivial})
            tables["cases"] += [] if gone else mine
            if not gone and (run.seed, run.rate) == (protocol.seeds[0], 1.0):
                tables["reliability"] += [
                    {
                        "run": row,
                        "bin": b,
                        "voxels": 100 if b else 9000,
                        "probability": (b + 0.5) / 15,
                        "foreground": (b + 0.5) / 20,
                    }
                    for b in range(15)
                ]
        for part, rows in tables.items():
            pd.DataFrame(rows).to_csv(folder / f"{dataset}-{part}.csv", index=False)
        costs = [
            {"loss": loss, "seconds": 0.04, "low": 0.95, "ratio": 1 + 0.01 * place, "high": 1.1 + 0.01 * place}
            for place, loss in enumerate(protocol.losses)
        ]
        pd.DataFrame(costs).to_csv(folder / f"{dataset}-costs.csv", index=False)
        shares = [{"case": case, "class": name, "share": share[name]} for case in easy for name in classes]
        pd.DataFrame(shares).to_csv(folder / f"{dataset}-shares.csv", index=False)
        provenance = {
            "dataset": dataset,
            "title": dataset.upper(),
            "kind": scale if scale == "subset" else "phantom",
            "scale": scale,
            "classes": classes,
            "cases": CASES,
            "subjects": {},
            "fingerprints": {"data": "d" * 12, "code": "c" * 12, "parameters": "p" * 12},
            "distance_unit": "mm",
            "folds": [{"train": 7, "validation": 1, "test": 4}] * protocol.folds,
            "training": protocol.scales[scale]["training"],
            "seeds": sorted({run.seed for run in runs}),
            "rates": sorted({run.rate for run in runs}),
            "diverged": dict.fromkeys(diverged, "the loss became nan"),
        }
        (folder / f"{dataset}-provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
    return folder


def _cases(
    run: StudyRun,
    row: int,
    protocol: Protocol,
    classes: list[str],
    easy: dict[str, float],
    gain: float,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    luck = 0.02 * rng.normal() if run.seed != protocol.seeds[0] else 0.0
    of_rate = -0.05 * abs(np.log10(run.rate))
    found = []
    for number, case in enumerate(easy):
        if number % protocol.folds == run.fold:
            for name in classes:
                dice = float(np.clip(0.7 + gain + easy[case] + luck + of_rate + rng.normal(0, 0.005), 0, 1))
                others = {
                    "sensitivity": dice,
                    "precision": dice,
                    "surface_dice": 0.9 * dice,
                    "hausdorff95": 20 - 10 * dice,
                }
                found.append({"run": row, "case": case, "class": name, "dice": dice, **others})
    return found
