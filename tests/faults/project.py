"""A project so small that all its stages together run in seconds: nine pictures, one arm, a notebook of one cell."""

import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import yaml
from PIL import Image

STAGES = {
    "inventory": ["inventory", "raw"],
    "prepare": ["prepare", "isic2018"],
    "train": ["train", "isic2018-kappa"],
    "evaluate": ["evaluate", "isic2018"],
    "report": ["report", "kappa"],
}
# What each stage leaves; none of it may depend on how often the stage was stopped before.
RESULTS = {
    "inventory": ["build/inventory"],
    "prepare": ["build/prepared"],
    "train": ["build/runs"],
    "evaluate": ["reports/metrics", "build/examples"],
    "report": ["reports/notebooks", "reports/figures", "reports/tables"],
}
SIDE = 32
CELL = """\
from pathlib import Path
rows = (Path(metrics_folder) / "isic2018.csv").read_text().splitlines()
Path(figures_folder, "rows.svg").write_text(f"<svg><title>{len(rows)} rows</title></svg>")
Path(tables_folder, "rows.csv").write_text("\\n".join(rows))
print(len(rows), "rows")
"""


def params() -> dict[str, Any]:
    """The parameters of the project."""
    view = {"kind": "slices", "image_size": SIDE, "intensity": "bytes"}
    dataset = {"paper": "kappa", "reader": "isic2018", "folder": "isic2018", "subset": "all", "view": view}
    protocol = {
        "network": {"name": "unet2d", "filters": 4, "batch_norm": True, "dropout": 0.5},
        "optimiser": "adam",
        "learning_rate": 0.001,
        "batch_size": 4,
        "epochs": 3,
        "folds": 3,
        "select": "last",
        "seed": 1,
        "augmentation": {"flip": True},
    }
    return {
        "scale": "tiny",
        "data_root": "raw",
        "papers": {"kappa": {"confidence": 0.95, "resamples": 10, "cases_shown": 2}},
        "datasets": {"isic2018": {**dataset, "split": {"groups": 3}, "paper_cases": 9, "title": "ISIC 2018"}},
        "evaluated": {"isic2018": {"paper": "kappa"}},
        "scales": {"tiny": {"kappa": {"max_folds": 2, "epoch_share": 1.0, "threads": 1}}},
        "losses": {"kappa": {"kappa": "kappa"}},
        "protocols": {"kappa": protocol},
        "arms": {"isic2018-kappa": {"paper": "kappa", "dataset": "isic2018", "loss": "kappa", "protocol": "kappa"}},
    }


def write_project(folder: Path) -> None:
    """Write parameters, raw pictures in the layout of ISIC 2018, and the notebook."""
    (folder / "params.yaml").write_text(yaml.safe_dump(params()), encoding="utf-8")
    places = [
        folder / "raw/isic2018" / f"ISIC2018_Task1{name}" for name in ("-2_Training_Input", "_Training_GroundTruth")
    ]
    for place in places:
        place.mkdir(parents=True)
    for number in range(9):
        rng = np.random.default_rng(number)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[4 : 10 + number, 6:20] = 255
        pixels = rng.integers(0, 128, (SIDE, SIDE, 3)) + mask[..., None] // 3
        Image.fromarray(pixels.astype(np.uint8)).save(places[0] / f"ISIC_{number:07d}.jpg")
        Image.fromarray(mask).save(places[1] / f"ISIC_{number:07d}_segmentation.png")
    names = ("paper", "scale", "metrics_folder", "examples_folder", "figures_folder", "tables_folder")
    assignments = "\n".join(f"{name} = None" for name in (*names, *params()["papers"]["kappa"]))
    cells = [nbformat.v4.new_code_cell(assignments, metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell(CELL)]
    (folder / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "notebooks/kappa.ipynb")


def without(finished: Path, stage: str, folder: Path) -> Path:
    """A copy of a project in which a stage, and all after it, have yet to run; of ``site``, all have."""
    shutil.copytree(finished, folder)
    stages = list(STAGES)
    for later in stages[stages.index(stage) :] if stage in STAGES else []:
        for place in RESULTS[later]:
            shutil.rmtree(folder / place, ignore_errors=True)
    shutil.rmtree(folder / "build/locks", ignore_errors=True)
    return folder


def results(folder: Path, stage: str) -> dict[str, bytes]:
    """Name and content of every file that a stage left, and of whatever lies beside them."""
    places = [folder / place for place in RESULTS[stage]]
    files = [file for place in places for file in sorted(place.rglob("*")) if file.is_file()]
    beside = [other for place in places for other in place.parent.glob(f"{place.name}.*")]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files} | {str(b): b"" for b in beside}
