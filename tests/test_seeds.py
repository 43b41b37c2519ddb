"""The seed study: which arms it trains, what it reuses, what it writes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segloss import seeds
from segloss.__main__ import parse
from segloss.config import load_params
from segloss.errors import InputError
from segloss.evaluation import evaluate
from segloss.metrics_files import read_metrics
from segloss.seeds import study_seeds, table_arms
from segloss.statistics import load_results, load_seed_study
from segloss.training import train_arm

ROOT = Path(__file__).parents[1]
STUDY = Path("reports/metrics/tiny/kappa/seeds")
METRICS = STUDY / "isic2016.csv"


@pytest.fixture
def params() -> dict[str, Any]:
    """One arm of Table 2 of the Kappa paper, trained for an epoch, and one arm that is in no table."""
    network = {"name": "unet2d", "filters": 2, "batch_norm": True, "dropout": 0.0}
    protocol = {
        "network": network,
        "optimiser": "adam",
        "learning_rate": 0.01,
        "batch_size": 4,
        "epochs": 1,
        "folds": 2,
    }
    scale = {"epoch_share": 1.0, "threads": 1}
    arm = {"paper": "kappa", "dataset": "isic2016", "loss": "kappa", "protocol": "kappa"}
    return {
        "scale": "tiny",
        "papers": {"kappa": {"cases_shown": 1}},
        "datasets": {"isic2016": {"paper": "kappa"}},
        "scales": {"tiny": {"kappa": scale}},
        "losses": {"kappa": {"kappa": "kappa"}},
        "protocols": {"kappa": protocol | {"select": "last", "seed": 1, "augmentation": {}}},
        "arms": {"isic2016-kappa": arm, "isic2016-kappa_of_our_own": arm},
    }


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seal: Callable[[Path], str]) -> Path:
    """Nine prepared discs, one of which has no foreground; the present directory of the test."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "build/prepared/isic2016"
    folder.mkdir(parents=True)
    axis = np.linspace(-1, 1, 32)
    radii = np.linspace(0.4, 0.8, 9)[:, None, None]
    labels = (axis[:, None] ** 2 + axis**2 < radii**2).astype(np.uint8)
    labels[0] = 0
    noise = np.random.default_rng(0).integers(0, 100, (9, 1, 32, 32))
    np.save(folder / "labels.npy", labels)
    np.save(folder / "images.npy", (90 * labels[:, None] + noise).astype(np.uint8))
    cases = pd.DataFrame({"case": [f"disc{number}" for number in range(9)], "fold": [0, 1, 2] * 3})
    same = {"shape": "32x32", "prepared_shape": "1x32x32", "spacing_mm": "", "foreground_share": 0.1}
    cases.assign(subject=cases["case"], **same).to_csv(folder / "cases.csv", index=False)
    provenance = {"dataset": "isic2016", "title": "ISIC 2016", "kind": "phantom"}
    provenance |= {"channels": ["grey"], "classes": ["lesion"], "groups": 3, "scale": "tiny", "image_size": 32}
    (folder / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
    seal(folder)
    (folder / "status.json").write_text(json.dumps({"outcome": "done", "reason": ""}), encoding="utf-8")
    return tmp_path


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Seed and fold of every training that the study itself begins."""
    begun: list[tuple[int, int]] = []
    train_fold: Callable[..., None] = seeds.train_fold

    def counted(folder, data, fold, settings):
        begun.append((settings.seed, fold))
        train_fold(folder, data, fold, settings)

    monkeypatch.setattr(seeds, "train_fold", counted)
    return begun


def test_every_seed_trains_every_fold_of_an_arm_of_the_tables(workplace, params, trained):
    study_seeds("kappa", 2, params)
    assert trained == [(1, 0), (1, 1), (2, 0), (2, 1)]
    rows = pd.read_csv(METRICS)
    assert list(rows.columns) == ["seed", "arm", "fold", "case", "class", "metric", "value"]
    assert set(rows["arm"]) == {"kappa"}
    assert rows.groupby(["seed", "fold"]).size().to_dict() == {(s, f): 3 for s in (1, 2) for f in (0, 1)}


def test_an_ordinary_run_is_taken_for_its_own_seed(workplace, params, trained):
    train_arm("isic2016-kappa", params)
    study_seeds("kappa", 2, params)
    assert {seed for seed, _ in trained} == {2}


def test_an_ordinary_run_with_other_settings_is_not_taken(workplace, params, trained):
    train_arm("isic2016-kappa", params)
    params["protocols"]["kappa"]["learning_rate"] = 0.02
    study_seeds("kappa", 2, params)
    assert {seed for seed, _ in trained} == {1, 2}


def test_a_run_of_the_study_is_the_ordinary_one_byte_by_byte(workplace, params):
    study_seeds("kappa", 2, params)
    train_arm("isic2016-kappa", params)
    for name in ("fold0/predictions.npz", "fold1/predictions.npz", "fold0/history.csv"):
        runs = (Path("build/seeds/1/isic2016/isic2016-kappa"), Path("build/runs/isic2016/isic2016-kappa"))
        assert len({(run / name).read_bytes() for run in runs}) == 1


def test_the_values_are_those_of_the_evaluate_stage(workplace, params):
    params["arms"] = {"isic2016-kappa": params["arms"]["isic2016-kappa"]}
    train_arm("isic2016-kappa", params)
    evaluate("isic2016", params)
    study_seeds("kappa", 2, params)
    keys = ["fold", "case", "class", "value"]
    ordinary = read_metrics("reports/metrics/tiny/kappa/isic2016.csv").query("arm == 'kappa' and metric == 'dice'")
    of_seed = pd.read_csv(METRICS).query("seed == 1 and metric == 'dice'")
    pd.testing.assert_frame_equal(of_seed[keys].reset_index(drop=True), ordinary[keys].reset_index(drop=True))


def test_a_stopped_study_goes_on_with_the_fold_it_was_in(workplace, params, trained, monkeypatch):
    counted = seeds.train_fold

    def stopped(folder, data, fold, settings):
        if (settings.seed, fold) == (2, 1):
            raise KeyboardInterrupt
        counted(folder, data, fold, settings)

    monkeypatch.setattr(seeds, "train_fold", stopped)
    with pytest.raises(KeyboardInterrupt):
        study_seeds("kappa", 2, params)
    assert not METRICS.exists()
    trained.clear()
    monkeypatch.setattr(seeds, "train_fold", counted)
    study_seeds("kappa", 2, params)
    assert trained == [(2, 1)]


def test_a_finished_study_trains_nothing_and_writes_the_same_bytes(workplace, params, trained):
    study_seeds("kappa", 2, params)
    before = {path.name: path.read_bytes() for path in STUDY.iterdir()}
    trained.clear()
    study_seeds("kappa", 2, params)
    assert trained == []
    assert {path.name: path.read_bytes() for path in STUDY.iterdir()} == before


def test_the_provenance_names_data_code_and_seeds_and_no_commit(workplace, params, seal):
    study_seeds("kappa", 2, params)
    provenance = json.loads((STUDY / "isic2016-provenance.json").read_text(encoding="utf-8"))
    assert set(provenance["fingerprints"]) == {"data", "code", "parameters"}
    assert provenance["fingerprints"]["data"] == seal(workplace / "build/prepared/isic2016")
    assert (provenance["title"], provenance["kind"], provenance["seeds"]) == ("ISIC 2016", "phantom", [1, 2])
    assert provenance["arms"] == {"kappa": {"1": "done", "2": "done"}}
    assert "commit" not in json.dumps(provenance)


def test_a_diverged_loss_is_an_outcome_and_the_other_folds_stay(workplace, params, monkeypatch):
    train_fold = seeds.train_fold

    def diverging(folder, data, fold, settings):
        if fold == 1:
            raise seeds.DivergedError("the loss became nan")
        train_fold(folder, data, fold, settings)

    monkeypatch.setattr(seeds, "train_fold", diverging)
    study_seeds("kappa", 2, params)
    assert set(pd.read_csv(METRICS)["fold"]) == {0}
    study = load_seed_study(STUDY)
    assert study is not None
    assert study.provenance["isic2016"]["arms"] == {"kappa": {"1": "diverged", "2": "diverged"}}


def test_absent_data_leave_no_study(workplace, params, capsys):
    status = {"outcome": "absent", "reason": "isic2016/ was not found."}
    (workplace / "build/prepared/isic2016/status.json").write_text(json.dumps(status), encoding="utf-8")
    study_seeds("kappa", 2, params)
    assert capsys.readouterr().out == "isic2016: no seed study. isic2016/ was not found.\n"
    assert not STUDY.exists()


def test_the_study_does_not_show_among_the_ordinary_results(workplace, params):
    params["arms"] = {"isic2016-kappa": params["arms"]["isic2016-kappa"]}
    train_arm("isic2016-kappa", params)
    evaluate("isic2016", params)
    before = load_results(STUDY.parent)
    study_seeds("kappa", 2, params)
    after = load_results(STUDY.parent)
    assert after.datasets == before.datasets
    pd.testing.assert_frame_equal(after.metrics, before.metrics)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("kappa", 1), "A study of 1 seeds has no spread, expected 2 or more."),
        (("cappa", 2), "params.yaml has no 'cappa' under papers; it has kappa."),
        (("kappa", 2, ["acdc"]), "'acdc' has no arm in a table of kappa, expected one of isic2016."),
    ],
)
def test_bad_input_ends_in_one_sentence(workplace, params, given, message):
    paper, count, *datasets = given
    with pytest.raises(InputError, match=f"^{message}$"):
        study_seeds(paper, count, params, *datasets)


def test_the_arms_are_those_of_the_papers_tables():
    params = load_params(ROOT / "params.yaml")
    three = ["boundary", "generalized_dice", "generalized_dice_plus_boundary"]
    assert table_arms("boundary", params) == {"isles2018": three, "wmh2017": three}
    five = ["cross_entropy", "cross_entropy_plus_dice", "focal_plus_dice"]
    five += ["topk_cross_entropy_plus_dice", "cross_entropy_plus_topk_dice"]
    assert table_arms("topk_dice", params) == dict.fromkeys(("synapse", "acdc", "msseg"), five)


def test_the_command_takes_paper_seeds_and_data_sets():
    arguments = parse(["seeds", "topk_dice", "3", "--datasets", "acdc,msseg"])
    assert (arguments.paper, arguments.seeds, arguments.datasets) == ("topk_dice", 3, ["acdc", "msseg"])
