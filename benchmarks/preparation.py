"""Seconds per case and peak memory of the prepare stage, at 10 cases and at 100, and on data sets of your own.

Each row is a process of its own, which prepares a data set at the paper's scale and nothing else. Its peak is the
resident size that the kernel counts. The made volumes are noise of 12 x 256 x 256 voxels in the own-data layout.

Usage: python benchmarks/preparation.py [--data-root /path/to/your/data acdc wmh2017 ...] [--out reports/benchmarks]
Writes preparation.md.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pages

from segloss.config import load_params
from segloss.data.inventory import take_inventory
from segloss.data.parallel import MOST_WORKERS
from segloss.data.preparation import prepare
from segloss.paths import PREPARED

SHAPE = (256, 256, 12)
DESCRIPTION = """{"channel_names": {"0": "MRI"}, "labels": {"background": 0, "ball": 1}, "file_ending": ".nii.gz"}"""


def write_volumes(folder: Path, cases: int) -> None:
    """Write noise with a ball of foreground, in the own-data layout."""
    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    (folder / "dataset.json").write_text(DESCRIPTION, encoding="utf-8")
    grid = np.indices(SHAPE).reshape(3, -1).T - np.array(SHAPE) / 2
    ball = (np.linalg.norm(grid, axis=1) < 5).reshape(SHAPE).astype(np.uint8)
    for case in range(cases):
        image = np.random.default_rng(case).integers(0, 1000, SHAPE, dtype=np.int16)
        affine = np.diag([1.5, 1.5, 8, 1])
        nibabel.save(nibabel.Nifti1Image(image, affine), folder / "imagesTr" / f"case_{case:03}_0000.nii.gz")
        nibabel.save(nibabel.Nifti1Image(ball, affine), folder / "labelsTr" / f"case_{case:03}.nii.gz")


def measured(dataset: str, params: dict[str, Any]) -> tuple[int, float, float]:
    """Cases, seconds and peak memory in MiB of preparing a data set, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_prepare, args=(dataset, params, sender))
    process.start()
    sender.close()  # else the parent would wait for a child that has failed
    try:
        return receiver.recv()
    except EOFError:
        raise RuntimeError(f"the process that prepared {dataset} died; its message stands above") from None
    finally:
        process.join()


def _prepare(dataset: str, params: dict[str, Any], sender: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        take_inventory(Path(params["data_root"]), params)
        start = time.perf_counter()
        prepare(dataset, params)
        seconds = time.perf_counter() - start
        cases = len((PREPARED / dataset / "cases.csv").read_text(encoding="utf-8").splitlines()) - 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    sender.send((cases, seconds, peak))


def page(rows: list[tuple[str, int, float, float]]) -> list[str]:
    """How time and memory grow from the smaller number of made cases to the larger, and all rows."""
    (name, few, few_seconds, few_peak), (_, many, many_seconds, many_peak) = rows[-2:]
    where = f"{name}, {few} and {many} cases"
    found = [
        (
            "seconds per case, many / few",
            "about 1 or less: linear",
            f"{many_seconds / few_seconds * few / many:.2f}",
            where,
        ),
        ("peak memory, many / few", "about 1: does not grow", f"{many_peak / few_peak:.2f}", where),
    ]
    cells = [[n, str(c), f"{s:.1f}", f"{s / max(c, 1):.3f}", f"{peak:.0f}"] for n, c, s, peak in rows]
    heads = ["data set", "cases prepared", "seconds", "seconds per case", "peak memory, MiB"]
    machine = pages.machine("cpu", min(MOST_WORKERS, os.cpu_count() or 1))
    said = f"Each row is a process of its own, which prepares at the paper's sizes and nothing else. {machine}."
    return [said, "", *pages.findings(found), "", *pages.table(heads, cells)]


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--data-root", type=Path, help="folder that holds the data sets")
    parser.add_argument("datasets", nargs="*", help="names in params.yaml")
    arguments = parser.parse_args()
    params = {**load_params(), "scale": "paper"}
    rows = []
    for dataset in arguments.datasets:
        # Each process works in a folder of its own, from which a relative path would lead nowhere.
        narrowed = {"data_root": str(arguments.data_root.resolve()), "datasets": {dataset: params["datasets"][dataset]}}
        rows.append((dataset, *measured(dataset, {**params, **narrowed})))
    made = {**params["datasets"]["example"], "view": {"kind": "slices", "image_size": 256, "intensity": "unit_range"}}
    for cases in (10, 100):
        with tempfile.TemporaryDirectory() as root:
            write_volumes(Path(root, made["folder"]), cases)
            narrowed = {"data_root": root, "datasets": {"example": made}}
            rows.append(("made volumes", *measured("example", {**params, **narrowed})))
    pages.write(arguments.out, "preparation", "Time and memory of the prepare stage", page(rows))


if __name__ == "__main__":
    main()
