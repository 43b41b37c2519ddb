"""What signed distance maps cost beside scipy's distance transform: one case and a batch, 2-D and 3-D.

Labels are ellipsoids of random place and size on background, the spacing is anisotropic, and every implementation gives
the maps of both classes. "scipy, whole" is the same map from scipy.ndimage alone (boundary by erosion, one exact
transform, sign); "scipy, transforms" is distance_transform_edt on boundaries that are given, and nothing else. All take
turns in one process; the table gives medians of CPU time, their ratios to ours, and the largest difference between the
maps relative to the largest distance. CPU time, because all of it runs in one thread, and because other work on the
machine then does not count.

Usage: python benchmarks/distance_maps.py [--rounds 15] [--budget 10] [--out reports/benchmarks]
Writes distance_maps.md.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import pages
import torch
from scipy.ndimage import binary_erosion, distance_transform_edt

from segloss.losses.distance_maps import signed_distance

CASES = [  # batch, shape, spacing in mm
    (1, (256, 256), (1.5, 0.7)),
    (8, (256, 256), (1.5, 0.7)),
    (1, (80, 160, 160), (3.22, 1.62, 1.62)),
    (4, (80, 160, 160), (3.22, 1.62, 1.62)),
]
CLASSES = 2
LEAST_ROUNDS = 3


def ellipsoids(batch: int, shape: tuple[int, ...]) -> np.ndarray:
    """Labels (batch, *shape), one object each."""
    rng = np.random.default_rng(0)
    grid = np.indices(shape)
    size = np.array(shape)

    def one() -> np.ndarray:
        centre, radii = size * rng.uniform(0.3, 0.7, len(size)), size * rng.uniform(0.1, 0.3, len(size))
        return sum(((axis - c) / r) ** 2 for axis, c, r in zip(grid, centre, radii, strict=True)) < 1

    return np.stack([one() for _ in range(batch)]).astype(np.int64)


def boundary(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask that have a face neighbour outside it; there is none beyond the image."""
    return mask & ~binary_erosion(mask, border_value=1)


def scipy_maps(labels: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """What signed_distance gives, from scipy.ndimage alone."""
    maps = np.empty((len(labels), CLASSES, *labels.shape[1:]), np.float32)
    for sample, label in np.ndindex(*maps.shape[:2]):
        mask = labels[sample] == label
        distance = distance_transform_edt(~boundary(mask), sampling=spacing)
        maps[sample, label] = np.where(mask, -distance, distance)
    return maps


def median_ms(calls: dict[str, Callable[[], object]], rounds: int, budget_s: float) -> dict[str, float]:
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


def page(rows: list[list[str]]) -> list[str]:
    """The smallest gain on volumes, and all rows."""
    least = min((row for row in rows if row[1].count("x") == 2), key=lambda row: float(row[5]))
    compared = "scipy, whole / ours, least gain on volumes"
    found = [(compared, "at least 4", least[5], f"batch {least[0]} of {least[1]}")]
    heads = [
        "batch",
        "pixels",
        "spacing, mm",
        "ours, ms",
        "scipy, whole, ms",
        "ratio",
        "scipy, transforms, ms",
        "ratio",
    ]
    said = (
        f"Medians of CPU time; ratios are scipy's / ours. {pages.machine('cpu', 1)}, {pages.versions('scipy', 'edt')}."
    )
    return [said, "", *pages.findings(found), "", *pages.table([*heads, "off"], rows)]


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="turns of each implementation")
    parser.add_argument("--budget", type=float, default=10, help="seconds for one row; no turn is begun later")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for batch, shape, spacing in CASES:
        labels = ellipsoids(batch, shape)
        tensor = torch.from_numpy(labels)
        given = [~boundary(array == label) for array in labels for label in range(CLASSES)]
        expected = scipy_maps(labels, spacing)
        off = np.abs(signed_distance(tensor, CLASSES, spacing).numpy() - expected).max() / np.abs(expected).max()
        ours, whole, transforms = median_ms(
            {
                "ours": lambda x=tensor, mm=spacing: signed_distance(x, CLASSES, mm),
                "whole": lambda x=labels, mm=spacing: scipy_maps(x, mm),
                "transforms": lambda x=given, mm=spacing: [distance_transform_edt(y, sampling=mm) for y in x],
            },
            arguments.rounds,
            arguments.budget,
        ).values()
        what = [str(batch), " x ".join(map(str, shape)), ", ".join(map(str, spacing))]
        timed = [f"{ours:.2f}", f"{whole:.2f}", f"{whole / ours:.1f}", f"{transforms:.2f}", f"{transforms / ours:.1f}"]
        rows.append([*what, *timed, f"{off:.0e}"])
    pages.write(arguments.out, "distance_maps", "Signed distance maps beside scipy's", page(rows))


if __name__ == "__main__":
    main()
