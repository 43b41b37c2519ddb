"""Images of one's own through a trained arm."""

import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch
from PIL import Image

from segloss.errors import InputError
from segloss.evaluation.volumes import read_cases
from segloss.prediction import predict
from segloss.prediction.trained_arm import TrainedArm

from .conftest import AFFINE, SHAPE

DOTS, BALLS = Path("build/runs/dots/dots-dice"), Path("build/runs/balls/balls-dice")


def picture(name: str = "dot0") -> str:
    return f"raw/dots/imagesTr/{name}_0000.png"


def scan(name: str = "ball0") -> str:
    return ",".join(f"raw/balls/imagesTr/{name}_000{channel}.nii.gz" for channel in range(2))


def evaluated(dataset: str, fold: int) -> dict[str, np.ndarray]:
    """The labels that the evaluation reads of a fold's test cases, by case."""
    cases = read_cases(Path("build/prepared", dataset))
    run = cases.run(Path("build/runs", dataset, f"{dataset}-dice"))
    return {cases.rows[case]["case"]: labels for case, labels in run.predictions(fold)}


@pytest.mark.parametrize("fold", [0, 1])
def test_the_mask_of_a_volume_is_what_the_evaluation_has_for_the_case(at_work, tmp_path, fold):
    for name, labels in evaluated("balls", fold).items():
        predict(BALLS / f"fold{fold}", [scan(name)], tmp_path)
        mask = np.asarray(nibabel.load(tmp_path / f"{name}_0000-mask.nii.gz").dataobj)
        # The file's axes are (X, Y, Z) to the right, the front and above; ours are (Z, Y, X) above, back and left.
        assert (mask == labels[:, ::-1, ::-1].T).all()
        assert set(np.unique(mask)) == {0, 1, 2}


def test_the_mask_of_a_picture_brought_to_the_network_s_grid_is_what_the_evaluation_has(at_work, tmp_path):
    for name, labels in evaluated("dots", 0).items():
        predict(DOTS / "fold0", [picture(name)], tmp_path)
        mask = Image.open(tmp_path / f"{name}_0000-mask.png")
        assert (mask.mode, mask.size) == ("L", (40, 48))
        small = np.asarray(mask.resize((32, 32), Image.Resampling.NEAREST))
        assert set(np.unique(small)) == {0, 1}
        # Of two grids, only pixels at the border can differ.
        assert (small != labels).mean() < 0.03
        assert labels.mean() > 0.1


def test_folds_are_averaged_as_probabilities(at_work):
    arm = TrainedArm.open(DOTS)
    image = np.moveaxis(np.asarray(Image.open(picture())), -1, 0)
    seen = np.stack(
        [np.asarray(Image.fromarray(channel).resize((32, 32), Image.Resampling.BILINEAR)) for channel in image]
    )
    with torch.no_grad():
        logits = [network(torch.from_numpy(seen[None] / np.float32(255))) for network in arm.networks]
    mean = torch.stack([torch.sigmoid(one)[0, 0] for one in logits]).mean(0).numpy()
    large = np.asarray(Image.fromarray(mean).resize((40, 48), Image.Resampling.BILINEAR))
    assert len(arm.networks) == 2
    assert (arm.segment(image) == (large > 0.5)).all()


def test_a_mask_of_a_volume_lies_where_its_image_lies(at_work, tmp_path):
    predict(BALLS, [scan()], tmp_path)
    mask = nibabel.load(tmp_path / "ball0_0000-mask.nii.gz")
    image = nibabel.load(scan().split(",")[0])
    assert mask.shape == SHAPE
    assert mask.get_data_dtype() == np.uint8
    assert (mask.affine == AFFINE).all()
    for code in ("qform_code", "sform_code", "xyzt_units"):
        assert mask.header[code] == image.header[code]
    assert mask.header.get_zooms() == image.header.get_zooms()


def test_a_turned_file_gets_the_same_structure_at_the_same_place(at_work, tmp_path):
    turned = []
    for number, file in enumerate(scan().split(",")):
        turned.append(tmp_path / f"turned_{number}.nii")
        nibabel.save(nibabel.as_closest_canonical(nibabel.load(file)).slicer[::-1], turned[-1])
    predict(BALLS, [scan(), ",".join(map(str, turned))], tmp_path)
    masks = [nibabel.load(tmp_path / name) for name in ("ball0_0000-mask.nii.gz", "turned_0-mask.nii.gz")]
    first, second = (np.asarray(mask.dataobj) for mask in masks)
    assert (second == first[::-1]).all()
    assert not (second == first).all()


def test_a_sentence_on_each_image_says_what_was_found_and_what_it_is_worth(at_work, tmp_path, capsys):
    predict(DOTS, [picture("dot0"), picture("dot1")], tmp_path)
    predict(BALLS / "fold1", [scan()], tmp_path)
    *dots, ball = capsys.readouterr().out.splitlines()
    share = np.asarray(Image.open(tmp_path / "dot1_0000-mask.png")).mean()
    assert len(dots) == 2
    assert f"dot {100 * share:.3g} % of the image (dots-dice, mean of 2 folds, trained on Dots" in dots[1]
    labels = np.asarray(nibabel.load(tmp_path / "ball0_0000-mask.nii.gz").dataobj)
    assert f"core {100 * (labels == 2).mean():.3g} % ({0.009 * (labels == 2).sum():.3g} ml)" in ball
    assert "one fold" in ball
    assert "no medical device" in ball


def test_an_arm_trained_on_phantoms_is_said_to_be_of_no_use_on_patients(at_work, tmp_path, capsys):
    build = shutil.copytree("build", tmp_path / "build")
    provenance = build / "prepared/dots/provenance.json"
    provenance.write_text(provenance.read_text().replace('"kind": "subset"', '"kind": "phantom"'))
    predict(build / "runs/dots/dots-dice", [picture()], tmp_path / "out")
    assert "trained on phantoms: no use on patients" in capsys.readouterr().out


def test_an_image_without_a_structure_is_said_to_hold_none(at_work, tmp_path, capsys):
    Image.fromarray(np.zeros((30, 50, 3), np.uint8)).save(tmp_path / "black.png")
    arm = TrainedArm.open(DOTS)
    for network in arm.networks:
        for parameter in network.parameters():
            parameter.data.fill_(-1.0)
    build = shutil.copytree("build", tmp_path / "build")
    for fold, network in enumerate(arm.networks):
        torch.save(network.state_dict(), build / f"runs/dots/dots-dice/fold{fold}/weights.pt")
    predict(build / "runs/dots/dots-dice", [str(tmp_path / "black.png")], tmp_path / "out")
    assert "nothing found of dot" in capsys.readouterr().out
    assert not np.asarray(Image.open(tmp_path / "out/black-mask.png")).any()


@pytest.mark.parametrize(
    ("run", "image", "message"),
    [
        (DOTS, "raw/dots/imagesTr/none.png", "none.png was not found; expected an image"),
        (DOTS, "raw/balls/imagesTr/ball0_0000.nii.gz", r"expected .png .*dots-dice was trained on pictures"),
        (BALLS, "raw/dots/imagesTr/dot0_0000.png", r"expected .nii .*balls-dice was trained on volumes"),
        (BALLS, "raw/balls/imagesTr/ball0_0000.nii.gz", r"1 file, expected a case with 2 channels \(T1, T2\)"),
        (DOTS, f"{picture()},{picture('dot1')}", "2 files, expected a case with 3 channels"),
        (DOTS.parent, picture(), "no provenance.json was found; expected a trained arm such as"),
    ],
)
def test_what_does_not_fit_is_named_in_one_sentence(at_work, tmp_path, run, image, message):
    with pytest.raises(InputError, match=message):
        predict(run, [image], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_images_of_one_name_are_refused(at_work, tmp_path):
    other = shutil.copy(picture(), tmp_path)
    with pytest.raises(InputError, match=r"its name is that of raw/dots/imagesTr/dot0_0000\.png"):
        predict(DOTS, [picture(), str(other)], tmp_path / "out")


@pytest.mark.parametrize("ending", ["png", "nii.gz"])
def test_a_damaged_image_leaves_nothing_behind(at_work, tmp_path, ending):
    run, name = (DOTS, picture()) if ending == "png" else (BALLS, scan().split(",")[0])
    damaged = tmp_path / f"damaged.{ending}"
    damaged.write_bytes(Path(name).read_bytes()[:60])
    text = str(damaged) if ending == "png" else f"{damaged},{damaged}"
    with pytest.raises(InputError, match=f"damaged.{ending}: expected a complete"):
        predict(run, [text], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "weights.pt was not found"),
        (lambda path: path.write_bytes(b"no weights"), "expected weights of this arm's network"),
        (lambda path: torch.save({"other": torch.zeros(1)}, path), "expected weights of this arm's network"),
    ],
)
def test_weights_that_cannot_be_loaded_are_named(at_work, tmp_path, damage, message):
    build = shutil.copytree("build", tmp_path / "build")
    damage(build / "runs/dots/dots-dice/fold1/weights.pt")
    with pytest.raises(InputError, match=rf"fold1.weights.pt.*{message.removeprefix('weights.pt')}"):
        predict(build / "runs/dots/dots-dice", [picture()], tmp_path / "out")


def test_weights_that_would_run_code_are_refused(at_work, tmp_path):
    build = shutil.copytree("build", tmp_path / "build")
    torch.save({"weight": print}, build / "runs/dots/dots-dice/fold0/weights.pt")
    with pytest.raises(InputError, match=r"fold0.weights.pt: expected weights"):
        TrainedArm.open(build / "runs/dots/dots-dice/fold0")


def test_data_prepared_anew_ask_for_a_new_training(at_work, tmp_path):
    build = shutil.copytree("build", tmp_path / "build")
    provenance = build / "prepared/dots/provenance.json"
    provenance.write_text(provenance.read_text().replace('"fingerprint": "', '"fingerprint": "0'))
    with pytest.raises(InputError, match=r"trained on other data .* train the arm again"):
        TrainedArm.open(build / "runs/dots/dots-dice")


def test_without_its_prepared_data_an_arm_does_not_know_how_images_were_prepared(at_work, tmp_path):
    runs = shutil.copytree("build/runs", tmp_path / "runs")
    with pytest.raises(InputError, match=r"prepared/dots was not found .* `python -m segloss prepare dots`"):
        TrainedArm.open(runs / "dots/dots-dice")
