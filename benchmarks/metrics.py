"""What the metrics of a scan cost beside MONAI's on the same masks: Dice, and the Hausdorff distance and its 95 %.

Masks are drawn: an organ found well, an organ found badly, small lesions scattered over a brain, several organs, and a
prediction of everything. MONAI gets what it asks for, one-hot tensors with the background left out, made beforehand;
we get masks. All take turns in one process with one thread; the table gives medians of CPU time, their ratios
(ours / MONAI) and the largest difference between the values. The last columns are what the evaluation computes of a
scan: all metrics, and those of lesions, which have no counterpart in MONAI.

Usage: python benchmarks/metrics.py [--peers build/peers] [--rounds 9] [--budget 20] [--out reports/benchmarks]
Writes metrics.md.
The peers are installed apart: pip install --no-deps --target build/peers -r benchmarks/requirements.txt
"""

import importlib
import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pages
import torch
from tqdm import tqdm

from segloss.evaluation.lesions import lesion_metrics
from segloss.metrics import Mask, case_metrics, count, dice_score, surface_distances

PERCENTILES = {"Hausdorff": 100, "Hausdorff 95 %": 95}
LEAST_ROUNDS = 3
Pair = tuple[list[Mask], list[Mask]]


def ellipsoid(shape: tuple[int, ...], centre: np.ndarray, radii: np.ndarray) -> Mask:
    """A filled one, centre and radii in voxels."""
    grid = np.ogrid[tuple(slice(0, size) for size in shape)]
    return sum(((axis - c) / r) ** 2 for axis, c, r in zip(grid, centre, radii, strict=True)) < 1


def organ(shape: tuple[int, ...], shift: float, classes: int = 1) -> Pair:
    """One ellipsoid per class, and the same moved by a share of its size."""
    rng, size = np.random.default_rng(0), np.array(shape)
    places = [(size * rng.uniform(0.35, 0.65, 3), size * rng.uniform(0.08, 0.2, 3)) for _ in range(classes)]
    truth = [ellipsoid(shape, centre, radii) for centre, radii in places]
    predicted = [ellipsoid(shape, centre + shift * radii, 0.95 * radii) for centre, radii in places]
    return predicted, truth


def lesions(shape: tuple[int, ...], number: int) -> Pair:
    """Small ellipsoids, of which a third is missed and as many are invented."""
    rng, size = np.random.default_rng(0), np.array(shape)
    predicted, truth = np.zeros(shape, bool), np.zeros(shape, bool)
    for lesion in range(number):
        centre, radii = size * rng.uniform(0.25, 0.75, 3), rng.uniform(0.8, 5, 3)
        truth |= ellipsoid(shape, centre, radii)
        if lesion % 3:
            predicted |= ellipsoid(shape, centre + 0.5, radii)
        else:
            predicted |= ellipsoid(shape, size * rng.uniform(0.25, 0.75, 3), radii)
    return [predicted], [truth]


def everything(shape: tuple[int, ...]) -> Pair:
    """Every voxel, where an organ is."""
    return [np.ones(shape, bool)], organ(shape, 0)[1]


CASES: list[tuple[str, Pair, tuple[float, ...]]] = [
    ("heart, 3 classes", organ((10, 256, 256), 0.1, 3), (10.0, 1.2, 1.2)),
    ("lesions", lesions((48, 256, 256), 40), (3.0, 0.94, 0.94)),
    ("organ, found well", organ((96, 256, 256), 0.05), (3.0, 0.8, 0.8)),
    ("organ, found badly", organ((96, 256, 256), 1.5), (3.0, 0.8, 0.8)),
    ("8 organs", organ((96, 320, 320), 0.1, 8), (3.0, 0.8, 0.8)),
    ("everything", everything((96, 256, 256)), (3.0, 0.8, 0.8)),
]


def our_dice(predicted: list[Mask], truth: list[Mask]) -> list[float]:
    """Of each class."""
    return [dice_score(count(*pair)) for pair in zip(predicted, truth, strict=True)]


def our_hausdorff(predicted: list[Mask], truth: list[Mask], spacing: tuple[float, ...], percentile: int) -> list[float]:
    """Of each class, in mm."""
    pairs = zip(predicted, truth, strict=True)
    return [surface_distances(*pair, spacing).hausdorff(percentile) for pair in pairs]


def one_hot(masks: list[Mask]) -> torch.Tensor:
    """(1, 1 + classes, Z, Y, X), the background first."""
    classes = np.stack(masks)
    return torch.from_numpy(np.concatenate([~classes.any(axis=0, keepdims=True), classes]).astype(np.float32))[None]


def median_ms(calls: dict[str, Callable[[], Any]], rounds: int, budget_s: float) -> dict[str, float]:
    """Median CPU time of each call after one that does not count; they take turns until the budget is spent."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    start = time.process_time()
    for turn in range(rounds + 1):
        if turn > LEAST_ROUNDS and time.process_time() - start > budget_s:
            break
        for name, call in calls.items():
            before = time.process_time()
            call()
            times[name].append((time.process_time() - before) * 1000)
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def calls_of(
    pair: Pair, spacing: tuple[float, ...], monai: Any
) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Our call and MONAI's, by what they measure; MONAI's is None where it is missing."""
    hot = [one_hot(masks) for masks in pair] if monai else []
    found = {"Dice": (lambda: our_dice(*pair), lambda: monai.compute_dice(*hot, include_background=False))}
    for name, percentile in PERCENTILES.items():
        found[name] = (
            lambda percentile=percentile: our_hausdorff(*pair, spacing, percentile),
            lambda percentile=percentile: monai.compute_hausdorff_distance(
                *hot, percentile=percentile, spacing=spacing
            ),
        )
    return found


def row(name: str, pair: Pair, spacing: tuple[float, ...], monai: Any, rounds: int, budget_s: float) -> list[str]:
    """The cells of one case."""
    compared = calls_of(pair, spacing, monai)
    calls = {f"ours, {what}": ours for what, (ours, _) in compared.items()}
    if monai:
        calls |= {f"MONAI, {what}": theirs for what, (_, theirs) in compared.items()}
    calls["all"] = lambda: [case_metrics(*masks, spacing) for masks in zip(*pair, strict=True)]
    calls["lesion by lesion"] = lambda: [lesion_metrics(*masks, spacing) for masks in zip(*pair, strict=True)]
    times, off, cells = median_ms(calls, rounds, budget_s), 0.0, []
    for what, (ours, theirs) in compared.items():
        mine, other = times[f"ours, {what}"], times.get(f"MONAI, {what}", math.nan)
        cells += [f"{mine:.1f}", f"{other:.1f}", f"{mine / other:.2f}"]
        if monai:
            off = max(off, float(np.abs(np.array(ours()) - theirs().numpy()[0]).max()))
    shape = " x ".join(map(str, pair[0][0].shape))
    return [
        name,
        shape,
        *cells,
        f"{off:.0e}" if monai else "–",
        f"{times['all']:.0f}",
        f"{times['lesion by lesion']:.0f}",
    ]


def page(rows: list[list[str]], where: str) -> list[str]:
    """The largest ratio, and all rows, under the words that say what they are."""
    measures = ("Dice", *PERCENTILES)
    heads = [f"{what}, {whose}" for what in measures for whose in ("ms", "MONAI, ms", "ratio")]
    heads = ["case", "voxels", *heads, "off", "all metrics, ms", "lesion by lesion, ms"]
    ratios = [(float(cells[4 + 3 * place]), what, cells[0]) for cells in rows for place, what in enumerate(measures)]
    worst, what, case = max(ratios)
    reached, place = ("–", "–") if math.isnan(worst) else (f"{worst:.2f}", f"{what} of {case!r}")
    found = pages.findings([("CPU time of ours / MONAI's, largest ratio", "at most 1.0", reached, place)])
    said = f"Medians of CPU time on the same masks; ratios are ours / MONAI's, off is the largest difference. {where}"
    return [said, "", *found, "", *pages.table(heads, rows)]


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--peers", type=Path, default=Path("build/peers"), help="where MONAI was installed")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each call")
    parser.add_argument("--budget", type=float, default=20, help="seconds for one row; no turn is begun later")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    sys.path.append(str(arguments.peers.resolve()))
    try:
        monai = importlib.import_module("monai.metrics")
        peer = f"{pages.versions('monai')}."
    except ImportError as error:
        monai, peer = None, f"MONAI is missing ({error}): ours alone."
    rows = [row(*case, monai, arguments.rounds, arguments.budget) for case in tqdm(CASES, unit="case")]
    where = f"{pages.machine('cpu', 1)}; {peer}"
    pages.write(arguments.out, "metrics", "Metrics beside MONAI's", page(rows, where))


if __name__ == "__main__":
    main()
