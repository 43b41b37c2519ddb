"""The pipeline expands to the grid of the papers, and a small run of it works from a fresh clone."""

import re
from pathlib import Path

import pytest
import yaml
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo

from segloss.commands import dvc, git
from segloss.config import load_params
from segloss.losses import build_loss
from segloss.scales import write_params

ROOT = Path(__file__).parents[1]
PARAMS = load_params(ROOT / "params.yaml")
TABLE_2 = ("dice", "kappa")
TABLE_3 = (
    "cross_entropy",
    "dice_then_cross_entropy",
    "cross_entropy_then_dice",
    "cross_entropy_then_kappa",
    "kappa_then_cross_entropy",
)
KAPPA_ARMS = {
    *(
        f"{data}-{loss}"
        for data in ("scd_nonmelanoma", "scd_melanoma", "scd", "isic2016", "isic2017", "isic2018")
        for loss in TABLE_2
    ),
    *(f"{data}-{loss}" for data in ("scd", "isic2016", "isic2018") for loss in TABLE_3),
    *(f"isic2016-{loss}_200" for loss in TABLE_2),
}


@pytest.fixture(scope="module")
def stages():
    """The stages of dvc.yaml by name, as DVC expands them; data.dvc is not one of them."""
    with Repo(ROOT) as repo:
        yield {stage.addressing: stage for stage in repo.index.stages if not stage.is_data_source}


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> tuple[Path, str, str]:
    """A fresh clone of HEAD in which the smoke scale has run twice, with what the two runs printed."""
    folder = tmp_path_factory.mktemp("smoke") / "clone"
    git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder))
    write_params(folder / "params.yaml", "smoke", folder / "data")
    dvc("pull", "--quiet", "data.dvc", folder=folder)
    return folder, *(dvc("repro", folder=folder, capture=True) for _ in range(2))


def names(section: str) -> set[str]:
    return set(PARAMS[section])


def test_kappa_has_the_29_arms_of_its_tables_and_figures():
    assert {arm for arm, settings in PARAMS["arms"].items() if settings["paper"] == "kappa"} == KAPPA_ARMS
    assert len(KAPPA_ARMS) == 29


def test_the_pipeline_expands_to_the_papers_arms_and_data_sets(stages):
    assert set(stages) == {
        "inventory",
        "site",
        "tour",
        "record",
        "claims",
        "gallery",
        "findings@synthesis",
        "findings@as_published",
        *(f"prepare@{name}" for name in names("datasets")),
        *(f"train@{name}" for name in names("arms")),
        *(f"evaluate@{name}" for name in names("evaluated")),
        *(f"report@{name}" for name in names("papers")),
    }


def test_a_data_set_is_evaluated_if_it_has_arms():
    assert names("evaluated") == {settings["dataset"] for settings in PARAMS["arms"].values()}
    for name, settings in PARAMS["evaluated"].items():
        assert settings == {"paper": PARAMS["datasets"][name]["paper"]}


@pytest.mark.parametrize("arm", PARAMS["arms"])
def test_an_arm_names_things_that_exist_and_is_named_after_them(arm):
    settings = PARAMS["arms"][arm]
    assert settings["paper"] in PARAMS["papers"]
    assert settings["loss"] in PARAMS["losses"][settings["paper"]]
    assert settings["protocol"] in PARAMS["protocols"]
    assert PARAMS["datasets"][settings["dataset"]]["paper"] == settings["paper"]
    dataset, _, name = arm.partition("-")
    assert dataset == settings["dataset"]
    # A protocol may be added to the loss's name; the share that the loss keeps may be left out.
    assert name.startswith(settings["loss"]) or re.fullmatch(rf"{name}_\d+", settings["loss"])


@pytest.mark.parametrize(
    ("paper", "name"), [(paper, name) for paper, losses in PARAMS["losses"].items() for name in losses]
)
def test_every_loss_of_the_parameters_can_be_built(paper, name):
    build_loss(PARAMS["losses"][paper][name])


def test_the_arms_of_a_scale_exist():
    for scale in PARAMS["scales"].values():
        assert set(scale.get("arms") or ()) <= names("arms")


def test_every_parameter_is_read_by_a_stage(stages):
    tracked = {
        key
        for stage in stages.values()
        for dep in stage.deps
        if isinstance(dep, ParamsDependency)
        for key in dep.params
    }
    scale = PARAMS["scale"]
    wanted = {"data_root"} | {f"scales.{scale}.{paper}" for paper in PARAMS["scales"][scale]}
    wanted |= {
        f"{section}.{name}" for section in ("papers", "datasets", "arms", "protocols") for name in PARAMS[section]
    }
    wanted |= {f"losses.{paper}.{name}" for paper, losses in PARAMS["losses"].items() for name in losses}
    assert {key for key in wanted if not {key, key.split(".")[0]} & tracked} == set()


def test_training_depends_on_no_code_of_the_reports(stages):
    read = {dep.def_path for name, stage in stages.items() if name.startswith("train@") for dep in stage.deps}
    assert not any(
        word in path
        for path in read
        for word in ("figures", "tables", "statistics", "report", "evaluation", "notebooks")
    )


def test_nothing_depends_on_the_whole_package(stages):
    assert {dep.def_path for stage in stages.values() for dep in stage.deps} & {"src", "src/segloss"} == set()


def test_the_tour_reads_no_data(stages):
    assert not [dep.def_path for dep in stages["tour"].deps if dep.def_path.startswith(("build", "reports", "data"))]


def test_compiled_files_do_not_count_as_changes():
    assert {"__pycache__", ".ipynb_checkpoints"} <= set((ROOT / ".dvcignore").read_text(encoding="utf-8").split())


def test_the_committed_lock_belongs_to_the_phantom_scale():
    assert PARAMS["scale"] == "phantom"
    assert PARAMS["data_root"] == "data"
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text(encoding="utf-8"))
    outputs = {out["path"] for stage in lock["stages"].values() for out in stage.get("outs", ())}
    assert {path.split("/")[2] for path in outputs if path.startswith("reports/metrics/")} == {"phantom"}


def test_the_smoke_scale_runs_from_a_fresh_clone_to_a_page(clone):
    folder, _, _ = clone
    arms = load_params(folder / "params.yaml")["arms"].values()
    for dataset, paper in {(arm["dataset"], arm["paper"]) for arm in arms}:
        assert (folder / f"reports/metrics/smoke/{paper}/{dataset}.csv").stat().st_size > 1000
        assert (folder / f"reports/notebooks/smoke/{paper}.ipynb").is_file()
        assert (folder / f"reports/site/smoke/{paper}.html").is_file()
    assert (folder / "reports/site/tour/losses.html").is_file()


def test_a_second_run_takes_the_inventory_and_nothing_else(clone):
    _, first, second = clone
    assert "train@" in first
    assert re.findall(r"Running stage '([^']+)'", second) == ["inventory"]


def test_the_run_writes_nothing_that_git_would_ask_about_but_its_reports(clone):
    folder, _, _ = clone
    changed = {line[3:] for line in git("status", "--porcelain", folder=folder).splitlines()}
    assert {name for name in changed if not name.startswith("reports/")} == {"params.yaml", "dvc.lock"}


def test_no_report_names_the_place_of_the_data(clone):
    folder, _, _ = clone
    files = [file for file in (folder / "reports").rglob("*") if file.is_file()]
    assert len(files) > 10
    assert [file.name for file in files if str(folder).encode() in file.read_bytes()] == []
