"""Volumes through an arm of a 3-D protocol: patches to train on, whole volumes on their original grid to judge."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import torch
from torch import nn

from segloss.data.inventory import take_inventory
from segloss.data.preparation import prepare
from segloss.data.prepared import PreparedSlices, PreparedVolumes
from segloss.errors import InputError
from segloss.evaluation import evaluate
from segloss.losses import build_loss
from segloss.metrics_files import read_metrics
from segloss.training import train_arm
from segloss.training.fold import train_epoch
from segloss.training.inputs import Batch, PatchInputs, SliceInputs
from segloss.training.settings import Settings
from segloss.training.sliding_window import predicted_volume

CPU = torch.device("cpu")
RUN = Path("build/runs/mine/mine-dice")
CASES, SHAPE = 9, (30, 33, 20)  # X, Y, Z


@pytest.fixture
def own_volumes(workplace: Path, params: dict[str, Any]) -> dict[str, Any]:
    """Nine volumes of bright balls with a brighter core, resampled to half as many voxels along Y and X."""
    folder = workplace / "raw" / "mine"
    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    labels = {"background": 0, "shell": 1, "core": 2}
    description = {"channel_names": {"0": "CT"}, "labels": labels, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(description))
    rng = np.random.default_rng(0)
    grid = np.indices(SHAPE).reshape(3, -1).T.astype(float)
    for case in range(CASES):
        distance = np.linalg.norm((grid - np.array(SHAPE) / 2 - rng.uniform(-4, 4, 3)), axis=1).reshape(SHAPE)
        mask = np.where(distance < 5, 2, np.where(distance < 9, 1, 0))
        image = 50 * mask + rng.normal(0, 5, SHAPE)
        for name, array in ((f"labelsTr/c{case}", mask.astype(np.uint8)), (f"imagesTr/c{case}_0000", image)):
            nibabel.save(nibabel.Nifti1Image(array, np.diag([1, 1, 2, 1])), folder / f"{name}.nii.gz")
    view = {"kind": "volumes", "intensity": "z_score", "spacing_mm": [2.0, 2.0, 2.0]}
    settings = {"reader": "nnunet", "folder": "mine", "subset": "all", "view": view, "split": {"groups": 3}}
    params["datasets"] = {"mine": {**settings, "paper": "kappa", "paper_cases": 0, "title": "Mine"}}
    params["papers"]["kappa"]["cases_shown"] = 2
    params["losses"]["kappa"]["dice"] = {"cross_entropy": 1.0, "dice": 1.0}
    params["arms"] = {"mine-dice": {"paper": "kappa", "dataset": "mine", "protocol": "volumes", "loss": "dice"}}
    network = {"name": "unet3d", "filters": 4, "batch_norm": True, "dropout": 0.0, "head_filters": None}
    protocol = {**params["protocols"]["kappa"], "network": network, "patch": [16, 16, 16], "patches_per_case": 2}
    params["protocols"]["volumes"] = {**protocol, "epochs": 3, "augmentation": {}, "learning_rate": 0.01}
    params["scales"]["tiny"]["kappa"]["max_folds"] = 1
    take_inventory(workplace / "raw", params)
    params["data_root"] = str(workplace / "raw")
    prepare("mine", params)
    return params


def inputs(params: dict[str, Any], **changes: Any) -> PatchInputs:
    settings = replace(Settings.of(params, "mine-dice"), **changes)
    return PatchInputs(PreparedVolumes(Path("build/prepared/mine")), 0, settings, CPU)


def test_patches_are_learned_and_whole_volumes_judged_on_their_original_grid(own_volumes: dict[str, Any]) -> None:
    own_volumes["protocols"]["volumes"]["epochs"] = 40
    train_arm("mine-dice", own_volumes)
    with np.load(RUN / "fold0/predictions.npz") as predictions:
        assert len(predictions["cases"]) == 3
        assert predictions["labels"].shape == (3 * np.prod(SHAPE),)
    evaluate("mine", own_volumes)
    table = read_metrics("reports/metrics/tiny/kappa/mine.csv")
    of_metric = table[table["metric"] == "dice"].groupby(["arm", "class"])["value"].mean()
    assert of_metric["dice"].min() > 0.8
    truth = table[(table["arm"] == "truth") & (table["metric"] == "volume_ml") & (table["class"] == "core")]
    assert truth["value"].between(0.9, 1.2).all()  # 4 / 3 pi 5^3 voxels along X and Y, twice as thick along Z


def test_the_truth_of_a_resampled_volume_is_kept_as_it_came(own_volumes: dict[str, Any]) -> None:
    truth = np.load("build/prepared/mine/truth.npy")
    masks = [np.asarray(nibabel.load(f"raw/mine/labelsTr/c{case}.nii.gz").dataobj) for case in range(CASES)]
    np.testing.assert_array_equal(truth, np.concatenate([mask[::-1, ::-1].T.reshape(-1) for mask in masks]))


def test_an_epoch_takes_so_many_patches_of_every_volume(own_volumes: dict[str, Any]) -> None:
    batches = list(inputs(own_volumes, patches_per_case=4, batch_size=5).training())
    assert sum(len(batch.images) for batch in batches) == 4 * 3
    assert {batch.labels.shape[1:] for batch in batches} == {(16, 16, 16)}


def test_validation_takes_the_same_patches_in_every_epoch_and_leaves_the_generator_alone(
    own_volumes: dict[str, Any],
) -> None:
    here = inputs(own_volumes)
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    first, second = ([batch for _, batch in here.validation()] for _ in range(2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a.images, b.images) for a, b in zip(first, second, strict=True))


def test_a_run_gives_the_same_bytes_twice(own_volumes: dict[str, Any]) -> None:
    written = []
    for _ in range(2):
        train_arm("mine-dice", own_volumes)
        written.append([(RUN / "fold0" / name).read_bytes() for name in ("predictions.npz", "history.csv")])
    assert written[0] == written[1]


@pytest.mark.parametrize(("patch", "kind"), [(None, "volumes"), ([16, 16, 16], "slices")])
def test_a_protocol_for_slices_and_one_for_volumes_are_told_apart(
    own_volumes: dict[str, Any], patch: list[int] | None, kind: str
) -> None:
    provenance = Path("build/prepared/mine/provenance.json")
    content = json.loads(provenance.read_text())
    content["view"]["kind"] = kind
    provenance.write_text(json.dumps(content))
    own_volumes["protocols"]["volumes"]["patch"] = patch
    with pytest.raises(InputError, match="a protocol with a patch is for volumes, one without for slices"):
        train_arm("mine-dice", own_volumes)


def test_a_scale_caps_the_patch(own_volumes: dict[str, Any]) -> None:
    own_volumes["scales"]["tiny"]["kappa"]["max_patch"] = [8, 32, 16]
    assert Settings.of(own_volumes, "mine-dice").patch == (8, 16, 16)


def test_a_scale_may_treat_one_data_set_in_another_way(own_volumes: dict[str, Any]) -> None:
    own_volumes["scales"]["tiny"]["kappa"]["datasets"] = {"mine": {"max_steps": 7}, "other": {"max_steps": 3}}
    assert Settings.of(own_volumes, "mine-dice").max_steps == 7


class Pointwise(nn.Module):
    """Two logits of each voxel from its own grey value: what a patch shows around it makes no difference."""

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        return torch.cat([patches, 1 - patches], dim=1)


def test_blended_patches_of_a_network_that_looks_at_single_voxels_are_its_view_of_the_whole() -> None:
    image = torch.rand(1, 21, 30, 25)
    blended = predicted_volume(Pointwise(), image, (16, 16, 16), 0.5, CPU)
    whole = torch.softmax(Pointwise()(image[None]), 1)[0]
    torch.testing.assert_close(blended, whole)


def test_a_volume_smaller_than_the_patch_is_surrounded_by_its_smallest_value() -> None:
    seen: list[torch.Tensor] = []

    class Spy(nn.Module):
        def forward(self, patches: torch.Tensor) -> torch.Tensor:
            seen.append(patches.clone())
            return patches

    image = torch.rand(1, 8, 16, 16) + 5
    assert predicted_volume(Spy(), image, (16, 16, 16), 0.5, CPU).shape == (1, 8, 16, 16)
    torch.testing.assert_close(seen[0][0, :, 4:12], image)
    assert (seen[0][0, 0, :4] == image.min()).all()


def test_where_patches_overlap_the_one_that_sees_a_voxel_in_its_middle_counts_more() -> None:
    class ByPlace(nn.Module):
        """The first of a batch of two patches is sure of the foreground, the second of the background."""

        def forward(self, patches: torch.Tensor) -> torch.Tensor:
            sign = torch.tensor([20.0, -20.0]).reshape(2, 1, 1, 1, 1)
            return sign * torch.ones_like(patches)

    blended = predicted_volume(ByPlace(), torch.zeros(1, 16, 16, 24), (16, 16, 16), 0.5, CPU)[0, 8, 8]
    inside = blended[9:15]  # both patches see columns 8 to 15
    assert (inside[1:] < inside[:-1]).all()
    assert blended[:8].min() > 0.99
    assert blended[16:].max() < 0.01


def test_gradients_of_parts_add_up_to_those_of_the_batch(params: dict[str, Any]) -> None:
    batch = Batch(torch.randn(6, 1, 8, 8, 8), torch.randint(0, 3, (6, 8, 8, 8)))
    settings = Settings.of(params, "discs-kappa")
    weights = []
    for voxels in (float("inf"), 2 * 8**3, 1):
        torch.manual_seed(0)
        network = nn.Conv3d(1, 3, 3, padding=1)
        optimiser = torch.optim.SGD(network.parameters(), 0.1)
        value = train_epoch(network, build_loss("dice"), optimiser, [batch], replace(settings, voxels_at_once=voxels))
        weights.append(torch.cat([p.detach().flatten() for p in network.parameters()] + [torch.tensor([value])]))
    torch.testing.assert_close(weights[1], weights[0])
    torch.testing.assert_close(weights[2], weights[0])


def test_slices_come_in_one_piece_unless_the_protocol_divides_batches(workplace: Path, params: dict[str, Any]) -> None:
    settings = Settings.of(params, "discs-kappa")
    slices = SliceInputs(PreparedSlices(Path("build/prepared/discs")), 0, settings, CPU)
    for batch in slices.training():
        assert len(list(batch.pieces(settings.voxels_at_once))) == 1
