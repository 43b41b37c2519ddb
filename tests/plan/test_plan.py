"""The price of a scale: the simulated time, drawn data sets, and what is made of a measurement."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segloss.config import load_params
from segloss.data.prepared import PreparedVolumes, read_prepared
from segloss.data.view import View
from segloss.errors import InputError
from segloss.plan import estimates as module
from segloss.plan.drawing import draw
from segloss.plan.estimates import Estimate, estimates
from segloss.plan.measuring import Cost, measure, size_of
from segloss.plan.simulation import makespan
from segloss.training.settings import Settings

ROOT = Path(__file__).parents[2]
PARAMS = load_params(ROOT / "params.yaml")
COST = Cost(first_s=1.0, once_s=2.0, epoch_s=0.5, memory_bytes=7, weights_bytes=100, predictions_bytes=10)
ALONE: dict[str, set[str]] = {name: set() for name in "abc"}


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a data set as it is prepared at the phantom scale, without its arrays' contents mattering."""
    monkeypatch.chdir(tmp_path)

    def write(dataset: str, shape: str, folds: list[int], groups: int, kind: str) -> Path:
        folder = tmp_path / "build/prepared" / dataset
        folder.mkdir(parents=True)
        size = [int(side) for side in shape.split("x")]
        with (folder / "cases.csv").open("w", newline="") as stream:
            table = csv.DictWriter(stream, ["case", "fold", "shape", "prepared_shape"])
            table.writeheader()
            table.writerows(
                {"case": i, "fold": f, "shape": shape, "prepared_shape": shape} for i, f in enumerate(folds)
            )
        provenance = {
            "channels": ["MR"],
            "classes": ["x"],
            "groups": groups,
            "scale": "phantom",
            "view": {"kind": kind},
        }
        (folder / "provenance.json").write_text(json.dumps(provenance))
        voxels = len(folds) * int(np.prod(size))
        for name in ("images", "labels"):
            array = np.zeros(voxels if kind == "volumes" else (len(folds) * size[0], *size[1:]), np.uint8)
            np.save(folder / f"{name}.npy", array)
        return folder

    return write


@pytest.mark.parametrize(("workers", "seconds"), [(1, 6.0), (2, 4.0), (3, 3.0)])
def test_stages_without_needs_fill_the_workers_in_their_order(workers: int, seconds: float) -> None:
    # Of two workers, the first takes a (1 s) and then c (3 s).
    assert makespan({"a": 1, "b": 2, "c": 3}, ALONE, workers) == seconds


def test_a_chain_takes_the_sum_however_many_workers_there_are() -> None:
    needs = {"a": set(), "b": {"a"}, "c": {"b"}}
    assert makespan({"a": 1, "b": 2, "c": 3}, needs, 9) == 6.0


def test_drawn_slices_have_the_shape_of_the_scale_and_a_full_batch(
    tmp_path: Path, prepared: Callable[..., Path]
) -> None:
    params = {**PARAMS, "scale": "paper"}
    like = read_prepared(prepared("wmh2017", "12x64x64", [0] * 9 + [1] + [2] * 2, 3, "slices"))
    settings = Settings.of(params, "wmh2017-boundary")
    view = View.of(PARAMS["datasets"]["wmh2017"]["view"], {})
    (tmp_path / "drawn").mkdir()
    draw(tmp_path / "drawn", like, view, settings)
    drawn = read_prepared(tmp_path / "drawn")
    assert drawn.images.shape[1:] == (1, 256, 256)
    assert drawn.distances.shape == (len(drawn.rows), 1, 256, 256)
    assert size_of(drawn, settings).trained >= settings.batch_size
    assert all(len(drawn.part(0, part)) for part in ("train", "validation", "test"))


def test_the_windows_of_a_volume_are_those_of_the_inference(prepared: Callable[..., Path]) -> None:
    from monai.data.utils import dense_patch_slices as windows

    folder = prepared("brats2020", "20x70x60", [0, 1, 2, 3, 4], 5, "volumes")
    settings = Settings.of(PARAMS, "brats2020-dice")
    patch = settings.patch
    interval = [int(side * (1 - settings.overlap)) for side in patch]
    data = read_prepared(folder)
    assert isinstance(data, PreparedVolumes)
    assert size_of(data, settings).predicted == len(windows((20, 70, 60), patch, interval))


def test_an_arm_costs_its_folds_of_epochs(prepared: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    prepared("wmh2017", "12x64x64", [0] * 9 + [1] + [2] * 2, 3, "slices")
    settings = Settings.of(PARAMS, "wmh2017-boundary")
    size = size_of(read_prepared(Path("build/prepared/wmh2017")), settings)
    monkeypatch.setattr(module, "in_own_process", lambda call, imports: COST)
    found = estimates(PARAMS, ["wmh2017-boundary"], 1)
    epochs = settings.epochs_for(round(size.trained))
    seconds = 1.0 + settings.folds * (2.0 + epochs * 0.5)
    assert found == {"wmh2017-boundary": Estimate(settings.folds, seconds, 7, settings.folds * 110)}


def test_arms_that_differ_in_the_loss_alone_are_measured_once(
    prepared: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared("wmh2017", "12x64x64", [0] * 9 + [1] + [2] * 2, 3, "slices")
    measured: list[Any] = []
    monkeypatch.setattr(module, "in_own_process", lambda call, imports: measured.append(call) or COST)
    estimates(PARAMS, ["wmh2017-boundary", "wmh2017-generalized_dice"], 2)
    assert len(measured) == 1


def test_the_papers_scale_counts_the_papers_cases_and_the_catalogues_slices(
    prepared: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared("synapse", "10x64x64", [0] * 7 + [1] + [2] * 2, 3, "slices")
    # 30 cases for 10, and a scan of 85 to 198 slices for one of 10.
    assert module.cases_factor({**PARAMS, "scale": "paper"}, "synapse") == 3.0
    assert module.items_factor({**PARAMS, "scale": "paper"}, "synapse") == pytest.approx(3 * 141.5 / 10)
    assert module.items_factor(PARAMS, "synapse") == 1.0


def test_a_data_set_that_was_never_prepared_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^build/prepared/wmh2017 has no cases, expected some: run `dvc pull"):
        estimates(PARAMS, ["wmh2017-boundary"], 1)


def test_a_fold_is_measured(tmp_path: Path, prepared: Callable[..., Path]) -> None:
    params = {**PARAMS, "scale": "smoke"}
    like = read_prepared(prepared("scd", "1x64x64", [0, 1, 2] * 3, 3, "slices"))
    settings = Settings.of(params, "scd-dice")
    (tmp_path / "drawn").mkdir()
    draw(
        tmp_path / "drawn",
        like,
        View.of(PARAMS["datasets"]["scd"]["view"], PARAMS["scales"]["smoke"]["kappa"]),
        settings,
    )
    cost = measure(tmp_path / "drawn", settings)
    assert cost.epoch_s > 0
    assert cost.once_s > 0
    assert cost.memory_bytes > 1e7
    assert cost.weights_bytes > 1000
