"""What a case costs at 10, 100 and 1,000 cases: processor time, memory and disk of every stage.

Each stage is the ordinary command in a process of its own, in a project that has one data set and two arms, one fold
and one epoch each. Pictures are skin phantoms of 64 pixels in the layout of ISIC 2018; volumes are noise with a block
of each of two classes, 24 x 40 x 32 voxels, in the layout of one's own data. Time is that of the processor, the
kernel of a notebook included: it counts the same whatever else the machine does. Memory is the highest resident size.

Usage: python benchmarks/growth.py [--pictures 10 100 1000] [--volumes 10 100] [--rows FILE ...] [--out FOLDER]
Writes growth.md, growth.csv, growth.svg and growth.png.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pandas as pd
import yaml
from growth_report import write_report
from PIL import Image

from segloss.config import load_params
from segloss.data.phantoms.dermoscopy import dermoscopy_phantom

ROOT = Path(__file__).parents[1]
SIDE, SHAPE = 64, (32, 40, 24)  # X, Y, Z
DESCRIPTION = """{"channel_names": {"0": "MRI"}, "labels": {"background": 0, "anterior": 1, "posterior": 2},
"file_ending": ".nii.gz"}"""
CAPS = {"max_folds": 1, "base_filters": 8, "epoch_share": 1e-6, "threads": 1}
LAUNCHER = """
import os, sys
process = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(process, 0)
print("", usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
KINDS: dict[str, dict[str, Any]] = {
    "pictures": {
        "paper": "kappa",
        "dataset": "isic2018",
        "losses": ("dice", "kappa"),
        "caps": {"max_image_size": SIDE},
    },
    "volumes": {
        "paper": "unified_focal",
        "dataset": "hippocampus",
        "losses": ("dice", "asymmetric_unified_focal"),
        "caps": {"base_filters": 4, "max_patch": [16, 32, 32]},
    },
}


def write_pictures(folder: Path, cases: int) -> None:
    """Write skin phantoms with lesions of all sizes in the layout of ISIC 2018."""
    images, masks = folder / "ISIC2018_Task1-2_Training_Input", folder / "ISIC2018_Task1_Training_GroundTruth"
    shares = np.random.default_rng(0).permutation(np.geomspace(0.03, 0.6, cases))
    for place in (images, masks):
        place.mkdir(parents=True)
    for case, share in enumerate(shares):
        image, mask = dermoscopy_phantom(case, SIDE, share, 0.2)
        Image.fromarray(image).save(images / f"ISIC_{9000000 + case}.jpg", quality=85)
        Image.fromarray(mask.astype(np.uint8) * 255).save(masks / f"ISIC_{9000000 + case}_segmentation.png")


def write_volumes(folder: Path, cases: int) -> None:
    """Write volumes of noise in the layout of one's own data."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[8:16, 10:20, 6:12], mask[16:24, 10:20, 6:12] = 1, 2
    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    (folder / "dataset.json").write_text(DESCRIPTION, encoding="utf-8")
    for case in range(cases):
        noise = np.random.default_rng(case).normal(100 + 50 * mask, 40).astype(np.int16)
        nibabel.save(nibabel.Nifti1Image(noise, np.eye(4)), folder / f"imagesTr/case_{case:05}_0000.nii.gz")
        nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), folder / f"labelsTr/case_{case:05}.nii.gz")


def write_project(folder: Path, kind: str, cases: int) -> None:
    """Write a project with so many cases of one data set, and the parameters of one epoch."""
    params, chosen = load_params(ROOT / "params.yaml"), KINDS[kind]
    paper, dataset = chosen["paper"], chosen["dataset"]
    arms = [f"{dataset}-{loss}" for loss in chosen["losses"]]
    params |= {"scale": "growth", "data_root": "raw", "scales": {"growth": {paper: CAPS | chosen["caps"]}}}
    params |= {"papers": {paper: params["papers"][paper]}, "datasets": {dataset: params["datasets"][dataset]}}
    params |= {"arms": {arm: params["arms"][arm] for arm in arms}, "evaluated": {dataset: {"paper": paper}}}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    raw = folder / "raw" / params["datasets"][dataset]["folder"]
    (write_pictures if kind == "pictures" else write_volumes)(raw, cases)


def measured(folder: Path, *words: str) -> tuple[float, float]:
    """Processor seconds and peak MiB of a command in a project.

    Raises:
        RuntimeError: If the command fails; what it said stands above.
    """
    command = [sys.executable, "-m", "segloss", *words]
    # A process begins with the peak of the one that starts it: so a small one does.
    launched = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *command], cwd=folder, stdout=subprocess.PIPE)
    if launched.returncode:
        raise RuntimeError(f"`segloss {' '.join(words)}` failed; its words stand above")
    seconds, peak = map(float, launched.stdout.split()[-2:])
    return seconds, peak / (1024**2 if sys.platform == "darwin" else 1024)


def size_mib(*places: Path) -> float:
    """What the files below some folders, or of these names, take on disk."""
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]
    return sum(file.stat().st_size for file in files) / 2**20


def growth(kind: str, cases: int) -> list[dict[str, Any]]:
    """A row for each stage of a project with so many cases."""
    chosen = KINDS[kind]
    paper, dataset = chosen["paper"], chosen["dataset"]
    metrics = f"reports/metrics/growth/{paper}"
    stages: list[tuple[str, tuple[str, ...], str]] = [
        ("inventory", ("inventory", "raw"), "build/inventory"),
        ("prepare", ("prepare", dataset), "build/prepared"),
        *(
            ("train", ("train", f"{dataset}-{loss}"), f"build/runs/{dataset}/{dataset}-{loss}")
            for loss in chosen["losses"]
        ),
        ("evaluate", ("evaluate", dataset), metrics),
    ]
    if kind == "pictures":  # the notebook of Unified Focal wants the losses that its claims are about
        stages.append(("report", ("report", paper), "reports/notebooks"))
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, kind, cases)
        for stage, words, place in stages:
            seconds, peak = measured(folder, *words)
            print(f"{kind}, {cases} cases, {' '.join(words)}: {seconds:.1f} s, {peak:.0f} MiB", file=sys.stderr)
            disk = size_mib(folder / place)
            rows.append({"kind": kind, "cases": cases, "stage": stage, "seconds": seconds, "mib": peak, "disk": disk})
    return rows


def main() -> None:
    """Measure and write the page."""
    import pages

    parser = pages.arguments_of(__doc__)
    parser.add_argument("--pictures", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--volumes", type=int, nargs="*", default=[10, 100])
    parser.add_argument(
        "--rows", type=Path, nargs="*", default=[], help="growth.csv of earlier runs, to add to this one"
    )
    arguments = parser.parse_args()
    wanted = [("pictures", cases) for cases in arguments.pictures] + [("volumes", cases) for cases in arguments.volumes]
    rows = [row for kind, cases in wanted for row in growth(kind, cases)]
    # Of the arms of a data set, the mean.
    new = pd.DataFrame(rows).groupby(["kind", "stage", "cases"], sort=False).mean().reset_index() if rows else None
    write_report(arguments.out, pd.concat([*map(pd.read_csv, arguments.rows), new]))


if __name__ == "__main__":
    main()
