"""Real images in the official layouts, from official files to a falling loss. Skipped where missing, by name."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor, nn

from segloss.data.augmentation import augment
from segloss.data.case import IGNORED
from segloss.data.checking import check
from segloss.data.inventory import take_inventory
from segloss.data.preparation import prepare
from segloss.data.prepared import PreparedSlices, PreparedVolumes
from segloss.errors import InputError
from segloss.losses import build_loss
from segloss.networks import build_network
from segloss.paths import PREPARED
from segloss.training.sliding_window import predicted_volume

SETS = ("isic2018", "acdc", "wmh2017", "msseg", "brats2020", "synapse", "kits19", "nfbs", "hippocampus")
CASES = {  # complete cases, cases left out
    "isic2018": (2694, 0),
    "acdc": (40, 0),
    "wmh2017": (4, 0),
    "msseg": (2, 0),
    "brats2020": (4, 0),
    "synapse": (1, 0),
    "kits19": (0, 12),
    "nfbs": (1, 1),
    "hippocampus": (60, 0),
}
PATCH = (32, 48, 48)


@pytest.fixture(scope="module")
def params(root: Path, real_data: Path) -> dict[str, Any]:
    """The project's parameters on the real data, at 64 pixels, with the data set in the own-data layout."""
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params |= {"scale": "subset", "data_root": str(real_data)}
    for settings in params["scales"]["subset"].values():
        settings |= {"max_image_size": 64, "max_cases": 60}
    params["datasets"] = {name: params["datasets"][name] for name in SETS}
    return params


@pytest.fixture(scope="module")
def prepared(
    params: dict[str, Any], real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Path]]:
    """Prepares a data set once; the folder that holds its arrays."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("real")
        patch.chdir(folder)
        take_inventory(real_data, params)

        def run(name: str) -> Path:
            if not (PREPARED / name).is_dir():
                prepare(name, params)
            return folder / PREPARED / name

        yield run


def provenance(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "provenance.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SETS)
def test_every_case_is_accepted_or_left_out_by_name(
    name: str, real_data: Path, params: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(name, real_data, params) == 0
    lines = capsys.readouterr().out.splitlines()
    complete, left_out = CASES[name]
    assert sum(line.startswith("left out: ") for line in lines) == left_out
    assert any(line.startswith(f"{name}: {complete} cases with all files, {left_out} left out") for line in lines)


@pytest.mark.parametrize("name", SETS)
def test_every_complete_case_is_prepared_and_called_a_subset(name: str, prepared: Callable[[str], Path]) -> None:
    facts = provenance(prepared(name))
    complete, left_out = CASES[name]
    assert facts["cases"] == min(complete, 60)
    assert (facts["kind"], len(facts["left_out"])) == ("subset", left_out)


def test_the_nfbs_case_without_its_head_is_left_out_by_name_and_the_rest_goes_on(
    prepared: Callable[[str], Path],
) -> None:
    facts = provenance(prepared("nfbs"))
    assert [fault["case"] for fault in facts["left_out"]] == ["A00028185"]
    assert "sub-A00028185_ses-NFB3_T1w.nii.gz: this file of A00028185 is missing" in facts["left_out"][0]["reason"]
    assert facts["cases"] == 1


def test_kidney_scans_without_images_and_those_that_the_paper_excludes_are_left_out(
    prepared: Callable[[str], Path],
) -> None:
    reasons = {fault["case"]: fault["reason"] for fault in provenance(prepared("kits19"))["left_out"]}
    assert {case for case, reason in reasons.items() if "the paper excludes" in reason} == {"case_00015", "case_00037"}
    assert sum("imaging.nii.gz: this file of" in reason for reason in reasons.values()) == 10


def test_the_normal_rim_of_the_white_matter_is_ignored_and_no_lesion(prepared: Callable[[str], Path]) -> None:
    labels = np.load(prepared("wmh2017") / "labels.npy")
    assert set(np.unique(labels)) == {0, 1, IGNORED}


def test_flair_and_t1_of_one_subject_show_the_same_anatomy(prepared: Callable[[str], Path]) -> None:
    images = np.load(prepared("wmh2017") / "images.npy").astype(np.float32)
    flair, t1 = images[5:15].swapaxes(0, 1)
    as_prepared, mirrored = (np.corrcoef(flair.ravel(), other.ravel())[0, 1] for other in (t1, t1[:, ::-1]))
    assert as_prepared > 0.8
    assert as_prepared > mirrored + 0.1


def test_the_enhancing_tumour_is_label_4_alone(prepared: Callable[[str], Path], real_data: Path) -> None:
    import nibabel

    data = PreparedVolumes(prepared("brats2020"))
    file = next(Path(real_data, "brats2020").rglob("BraTS20_Training_001_seg.nii.gz"))
    assert (data.volume(0)[1] == 1).sum() == (np.asarray(nibabel.load(file).dataobj) == 4).sum()


def test_both_moments_of_a_heart_are_in_the_same_part(prepared: Callable[[str], Path]) -> None:
    with (prepared("acdc") / "cases.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 40
    assert len({(row["subject"], row["fold"]) for row in rows}) == 20


@pytest.mark.parametrize("name", ["isic2018", "acdc", "wmh2017", "msseg", "nfbs"])
def test_a_hundred_steps_on_slices_lower_the_loss(name: str, prepared: Callable[[str], Path]) -> None:
    data = PreparedSlices(prepared(name))
    labelled = np.flatnonzero((data.labels[:] % IGNORED).any(axis=(1, 2)))
    network = build_network("unet2d", in_channels=data.channels, out_channels=1 + data.classes, filters=4)

    def batch() -> tuple[Tensor, Tensor]:
        images, labels = data.batch(np.sort(labelled[torch.randperm(len(labelled))[:4].numpy()]), torch.device("cpu"))
        return augment(images, labels, {"rotation_deg": 10, "flip": True})

    assert_training_lowers_the_loss(network, batch)


@pytest.mark.parametrize("name", ["brats2020", "hippocampus"])
def test_a_hundred_steps_on_patches_lower_the_loss(name: str, prepared: Callable[[str], Path]) -> None:
    data = PreparedVolumes(prepared(name))
    layers = [nn.Conv3d(data.channels, 8, 3, padding=1), nn.ReLU(), nn.Conv3d(8, 8, 3, padding=1), nn.ReLU()]
    network = nn.Sequential(*layers, nn.Conv3d(8, 1 + data.classes, 1))

    def batch() -> tuple[Tensor, Tensor]:
        images, labels = data.batch(np.arange(len(data.cases))[:2], PATCH, torch.device("cpu"))
        return augment(images, labels, {"flip": True})

    assert_training_lowers_the_loss(network, batch)


def test_a_whole_brain_is_predicted_patch_by_patch_in_its_own_size(prepared: Callable[[str], Path]) -> None:
    data = PreparedVolumes(prepared("brats2020"))
    image = torch.from_numpy(data.volume(0)[0].astype(np.float32))
    network = build_network("unet3d", in_channels=1, out_channels=1, filters=2, head_filters=None)
    probs = predicted_volume(network, image, (80, 128, 128), 0.0, torch.device("cpu"))
    assert probs.shape == (1, *data.original_shapes[0])
    assert torch.isfinite(probs).all()


def assert_training_lowers_the_loss(network: nn.Module, batch: Callable[[], tuple[Tensor, Tensor]]) -> None:
    loss = build_loss({"cross_entropy": 1.0, "generalized_dice": 1.0})
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    values = []
    for _ in range(100):
        images, labels = batch()
        optimiser.zero_grad()
        value = loss(network(images), labels)
        value.backward()
        optimiser.step()
        values.append(value.item())
    assert np.isfinite(values).all()
    assert np.mean(values[-10:]) < 0.8 * np.mean(values[:10])


def test_a_folder_of_another_data_set_is_answered_with_what_was_expected(
    real_data: Path, params: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=r"expected .*Info\.cfg"):
        check("acdc", real_data / "wmh2017", params)
