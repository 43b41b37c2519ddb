"""The small tables of a data set's synthesis, which go into git: cases, runs, reliability, costs and provenance."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from segloss.paths import PREPARED, synthesis_folder
from segloss.provenance import write_json, written_file
from segloss.synthesis.cases import StudySlices
from segloss.synthesis.measuring import METRICS, distance_unit
from segloss.synthesis.protocol import Protocol, StudyRun

RUN_COLUMNS = ("loss", "fold", "seed", "rate")
OUTCOMES = ("outcome", "still_falling", "dice", "trivial", "trivial_dice")
COST_COLUMNS = ("loss", "seconds", "low", "ratio", "high")

Results = list[tuple[StudyRun, dict[str, Any]]]


def write_tables(
    dataset: str,
    results: Results,
    costs: list[dict[str, Any]],
    protocol: Protocol,
    scale: str,
    prints: dict[str, str],
) -> None:
    """Write ``<dataset>-cases.csv``, ``-runs``, ``-reliability``, ``-costs`` and ``-shares``, and the provenance.

    The column ``run`` is the number of the row in the table of runs. What a diverged run would have measured is left
    out. Only runs of the first seed and the common learning rate have their reliability written down.
    """
    folder = synthesis_folder(scale)
    _write(
        folder / f"{dataset}-runs.csv",
        ("run", *RUN_COLUMNS, *OUTCOMES),
        (
            (number, *(getattr(run, name) for name in RUN_COLUMNS), *(result.get(name) for name in OUTCOMES))
            for number, (run, result) in enumerate(results)
        ),
    )
    _write(
        folder / f"{dataset}-cases.csv",
        ("run", "case", "class", *METRICS),
        (
            (number, *row[:2], *map(_short, row[2:]))
            for number, (_, result) in enumerate(results)
            for row in result.get("cases", ())
        ),
    )
    _write(
        folder / f"{dataset}-reliability.csv",
        ("run", "bin", "voxels", "probability", "foreground"),
        (
            (number, *row[:2], *map(_short, row[2:]))
            for number, (run, result) in enumerate(results)
            if (run.seed, run.rate) == (protocol.seeds[0], 1.0)
            for row in result.get("reliability", ())
        ),
    )
    _write(
        folder / f"{dataset}-costs.csv",
        COST_COLUMNS,
        ((row["loss"], *(_short(row[name]) for name in COST_COLUMNS[1:])) for row in costs),
    )
    folds = [StudySlices(PREPARED / dataset, fold, protocol, scale) for fold in range(protocol.folds)]
    shares = [
        (folds[0].rows[case]["case"], name, _short(share))
        for case in _tested(folds)
        for name, share in _shares(folds[0], case).items()
    ]
    _write(folder / f"{dataset}-shares.csv", ("case", "class", "share"), shares)
    write_json(folder / f"{dataset}-provenance.json", _provenance(dataset, results, folds, protocol, scale, prints))


def _tested(folds: list[StudySlices]) -> list[int]:
    """The cases that some fold tests on."""
    return sorted(int(case) for fold in folds for case in fold.part(0, "test"))


def _shares(data: StudySlices, case: int) -> dict[str, float]:
    """Which share of a case's voxels each class has."""
    labels, known = data.truth(case)
    names = data.provenance["classes"]
    return {name: float((labels[known] == label).mean()) for label, name in enumerate(names, start=1)}


def _provenance(
    dataset: str,
    results: Results,
    folds: list[StudySlices],
    protocol: Protocol,
    scale: str,
    prints: dict[str, str],
) -> dict[str, Any]:
    """What the numbers come from; it names no commit, so that the same synthesis has the same bytes at every one."""
    prepared = json.loads((PREPARED / dataset / "provenance.json").read_text(encoding="utf-8"))
    tested, rows = _tested(folds), folds[0].rows
    return {
        **{name: prepared[name] for name in ("dataset", "title", "kind", "scale", "classes")},
        "cases": len(tested),
        "subjects": {rows[case]["case"]: rows[case]["subject"] for case in tested if _has_own_subject(rows[case])},
        "fingerprints": prints,
        "distance_unit": distance_unit(folds[0]),
        "folds": [{part: len(fold.part(0, part)) for part in ("train", "validation", "test")} for fold in folds],
        "training": {**protocol.scale(scale)["training"], **protocol.scale(scale)["most"]},
        "seeds": sorted({run.seed for run, _ in results}),
        "rates": sorted({run.rate for run, _ in results}),
        "diverged": {run.name: result["reason"] for run, result in results if result["outcome"] == "diverged"},
    }


def _has_own_subject(row: dict[str, str]) -> bool:
    return row["subject"] != row["case"]


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    with written_file(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(tuple(columns))
        writer.writerows(rows)


def _short(value: float | None) -> str:
    """Four significant digits; nothing where it is undefined."""
    return "" if value is None else f"{value:.4g}"
