"""Volumes of several classes and modalities, slice by slice through an arm of any 2-D protocol."""

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from segloss.data.inventory import take_inventory
from segloss.data.preparation import prepare
from segloss.training import train_arm

CASES = 9


@pytest.fixture
def own_data(workplace: Path, params: dict[str, Any]) -> dict[str, Any]:
    """Nine volumes of two modalities and two classes in the own-data layout, prepared as slices, with an arm."""
    folder = workplace / "raw" / "mine"
    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    labels = {"background": 0, "ring": 1, "core": 2}
    description = {"channel_names": {"0": "T1", "1": "T2"}, "labels": labels, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(description))
    rng = np.random.default_rng(0)
    radius = np.hypot(*(np.mgrid[:32, :32] - 15.5))[..., None]
    for case in range(CASES):
        mask = np.where(radius < 5, 2, np.where(radius < 10, 1, 0)) * (np.arange(3 + case % 2) > 0)
        save = {f"labelsTr/c{case}.nii.gz": mask.astype(np.uint8)}
        save |= {f"imagesTr/c{case}_000{k}.nii.gz": 60 * (mask > k) + rng.normal(0, 10, mask.shape) for k in range(2)}
        for name, array in save.items():
            nibabel.save(nibabel.Nifti1Image(array, np.diag([1, 1, 4, 1])), folder / name)
    view = {"kind": "slices", "image_size": 32, "intensity": "unit_range"}
    settings = {"reader": "nnunet", "folder": "mine", "subset": "all", "view": view, "split": {"groups": 3}}
    params["datasets"] = {"mine": {**settings, "paper": "kappa", "paper_cases": 0, "title": "Mine"}}
    params["losses"]["kappa"]["dice"] = {"cross_entropy": 1.0, "dice": 1.0}
    params["arms"] = {"mine-dice": {"paper": "kappa", "dataset": "mine", "protocol": "kappa", "loss": "dice"}}
    params["protocols"]["kappa"] |= {"epochs": 40, "learning_rate": 0.01}
    params["protocols"]["kappa"]["network"] |= {"dropout": 0.0, "head_filters": None}
    params["scales"]["tiny"]["kappa"]["max_folds"] = 1
    take_inventory(workplace / "raw", params)
    params["data_root"] = str(workplace / "raw")
    prepare("mine", params)
    train_arm("mine-dice", params)
    return params


def test_slices_of_volumes_train_like_pictures(own_data: dict[str, Any]) -> None:
    run = Path("build/runs/mine/mine-dice")
    assert json.loads((run / "status.json").read_text())["outcome"] == "done"
    rows = (run / "fold0" / "history.csv").read_text().splitlines()
    assert float(rows[-1].split(",")[-1]) > 0.8
    with np.load(run / "fold0" / "predictions.npz") as predictions:
        slices = sum(3 + int(case[1:]) % 2 for case in predictions["cases"])
        assert predictions["probs"].shape == (slices, 3, 32, 32)
        np.testing.assert_allclose(predictions["probs"].astype(float).sum(axis=1), 1, atol=5e-3)


def test_the_dice_of_validation_is_that_of_whole_cases_and_of_each_class(own_data: dict[str, Any]) -> None:
    import torch

    from segloss.data.prepared import PreparedSlices
    from segloss.losses import build_loss
    from segloss.training.inputs import SliceInputs
    from segloss.training.settings import Settings
    from segloss.training.validation import validate

    data = PreparedSlices(Path("build/prepared/mine"))
    inputs = SliceInputs(data, 0, Settings.of(own_data, "mine-dice"), torch.device("cpu"))

    class Threshold(torch.nn.Module):
        """Class 1 where T1 is above a half, class 2 where T2 is."""

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            first, second = image[:, 0] > 0.5, image[:, 1] > 0.5
            return torch.stack([~first & ~second, first & ~second, second], dim=1).float()

    worth = validate(Threshold(), build_loss("dice"), inputs)
    scores = []
    for case in data.part(0, "validation"):
        here = np.flatnonzero(data.case_of == case)
        images, labels = data.images[here].astype(float), data.labels[here]
        predicted = np.where(images[:, 1] > 0.5, 2, images[:, 0] > 0.5)
        for label in (1, 2):
            found, true = predicted == label, labels == label
            scores.append(2 * (found & true).sum() / (found.sum() + true.sum()))
    assert worth["validation_dice"] == pytest.approx(np.mean(scores), abs=1e-6)
    assert np.isfinite(worth["validation_loss"])


def test_the_hausdorff_distance_of_validation_is_that_of_whole_scans_in_mm(own_data: dict[str, Any]) -> None:
    import torch
    from scipy.ndimage import binary_erosion
    from scipy.spatial.distance import directed_hausdorff

    from segloss.data.prepared import PreparedSlices
    from segloss.losses import build_loss
    from segloss.training.inputs import SliceInputs
    from segloss.training.settings import Settings
    from segloss.training.validation import validate

    class FirstOnly(torch.nn.Module):
        """Class 1 wherever T1 is above a half; class 2 nowhere."""

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            first = image[:, 0] > 0.5
            return torch.stack([~first, first, torch.zeros_like(first)], dim=1).float()

    data = PreparedSlices(Path("build/prepared/mine"))
    inputs = SliceInputs(data, 0, Settings.of(own_data, "mine-dice"), torch.device("cpu"))
    worth = validate(FirstOnly(), build_loss("dice"), inputs, hausdorff=True)
    expected = []
    for case in data.part(0, "validation"):
        here = np.flatnonzero(data.case_of == case)
        masks = data.images[here, 0] > 0.5, data.labels[here] == 1
        predicted, true = (np.argwhere(mask & ~binary_erosion(mask)) * (4, 1, 1) for mask in masks)
        expected.append(max(directed_hausdorff(predicted, true)[0], directed_hausdorff(true, predicted)[0]))
    assert worth["validation_hausdorff_mm"] == pytest.approx(np.mean(expected), rel=1e-6)


def test_a_protocol_that_asks_for_it_writes_the_hausdorff_distance_of_every_epoch(own_data: dict[str, Any]) -> None:
    own_data["protocols"]["kappa"] |= {"validation_hausdorff": True, "epochs": 2}
    train_arm("mine-dice", own_data)
    header, *rows = Path("build/runs/mine/mine-dice/fold0/history.csv").read_text().splitlines()
    assert header == "epoch,phase,loss,validation_loss,validation_dice,validation_hausdorff_mm"
    assert len(rows) == 2
