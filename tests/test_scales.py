"""Another scale in a worktree: what it reads, what it brings back, what it leaves alone."""

import shutil
from pathlib import Path

import pytest
import yaml

from segloss import scales
from segloss.commands import git
from segloss.errors import InputError
from segloss.paths import synthesis_folder

ROOT = Path(__file__).parents[1]
PARAMS = """\
scale: phantom     # a remark
data_root: data    # another
papers: {kappa: {shown: 4}, other: {shown: 4}}
datasets: {scd: {paper: kappa}, acdc: {paper: other}}
evaluated: {scd: {paper: kappa}, acdc: {paper: other}}
scales:
  smoke: {arms: [scd-dice]}
  phantom: {}
  subset: {}
losses: {}
protocols: {}
arms:
  scd-dice: {paper: kappa, dataset: scd}
  acdc-dice: {paper: other, dataset: acdc}
"""
# A pipeline of the stages that a scale asks for by name; reports have the outputs of real ones.
PIPELINE = """\
stages:
  prepare:
    foreach: ${datasets}
    do:
      cmd: touch prepared-${key}.txt
      outs:
        - prepared-${key}.txt
  train:
    foreach: ${arms}
    do:
      cmd: touch trained-${key}.txt
      outs:
        - trained-${key}.txt
  report:
    foreach: ${papers}
    do:
      cmd: python make_report.py ${key}
      params: [scale, data_root]
      deps: [make_report.py]
      outs:
        - reports/metrics/${scale}/${key}: {cache: false}
        - reports/figures/${scale}/${key}: {cache: false}
        - reports/tables/${scale}/${key}: {cache: false}
        - reports/notebooks/${scale}/${key}.ipynb: {cache: false}
"""
MAKE_REPORT = """\
import sys
from pathlib import Path

import yaml

params = yaml.safe_load(Path("params.yaml").read_text())
scale, paper = params["scale"], sys.argv[1]
for kind in ("metrics", "figures", "tables"):
    folder = Path("reports", kind, scale, paper)
    folder.mkdir(parents=True)
    (folder / "made.txt").write_text(str(len(list(Path(params["data_root"]).iterdir()))))
notebook = Path("reports/notebooks", scale, paper + ".ipynb")
notebook.parent.mkdir(parents=True, exist_ok=True)
notebook.write_text("{}")
with open("ran.txt", "a") as log:
    log.write(paper + "\\n")
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the toy pipeline, committed; the current directory is in it."""
    root = tmp_path / "repository"
    (root / ".dvc").mkdir(parents=True)
    files = {
        "params.yaml": PARAMS,
        "dvc.yaml": PIPELINE,
        "make_report.py": MAKE_REPORT,
        "dvc.lock": "schema: '2.0'\n",
        ".dvc/config": (ROOT / ".dvc" / "config").read_text(),
        ".dvc/.gitignore": (ROOT / ".dvc" / ".gitignore").read_text(),
        ".gitignore": "build/\nran.txt\nprepared-*\ntrained-*\n",
    }
    for name, text in files.items():
        (root / name).write_text(text)
    monkeypatch.chdir(root)
    monkeypatch.setattr(scales, "build_site", lambda: None)
    git("init", "-q")
    commit("Start")
    return root


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A data root outside the repository, with three data sets and a space in its name."""
    root = tmp_path / "real data"
    for name in ("scd", "isic2016", "isic2018"):
        (root / name).mkdir(parents=True)
    return root


def commit(message: str) -> None:
    git("add", "-A")
    git("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "commit", "-q", "-m", message)


def test_only_the_two_lines_change(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS)
    scales.write_params(path, "subset", tmp_path)
    before, after = PARAMS.splitlines(), path.read_text().splitlines()
    assert after[0] == "scale: subset"
    assert yaml.safe_load(after[1]) == {"data_root": tmp_path.as_posix()}
    assert after[2:] == before[2:]


@pytest.mark.parametrize("name", ["with space", "a: b # c", "it's", "\\1 back", "Größe"])
def test_any_data_root_survives_the_writing(tmp_path, name):
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS)
    scales.write_params(path, "subset", tmp_path / name)
    assert yaml.safe_load(path.read_text())["data_root"] == (tmp_path / name).as_posix()


def test_a_scale_that_lists_arms_narrows_the_grid_to_them(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS)
    scales.write_params(path, "smoke", None)
    params = yaml.safe_load(path.read_text())
    assert [list(params[section]) for section in ("arms", "datasets", "evaluated", "papers")] == [
        ["scd-dice"],
        ["scd", "acdc"],
        ["scd"],
        ["kappa"],
    ]
    assert params["data_root"] == "data"


def test_real_data_are_asked_for_in_one_sentence(repository):
    with pytest.raises(InputError, match="scale subset needs DATA_ROOT"):
        scales.run_at_scale("subset")


def test_a_data_root_that_is_no_folder_is_named(repository):
    with pytest.raises(InputError, match="nowhere is no folder"):
        scales.run_at_scale("subset", Path("nowhere"))


def test_an_unknown_paper_is_named_with_those_there_are(repository, real):
    with pytest.raises(InputError, match=r"'kapa' under papers; it has kappa, other"):
        scales.run_at_scale("subset", real, "kapa")


def test_a_run_brings_its_reports_back_and_leaves_params_and_lock_alone(repository, real):
    scales.run_at_scale("subset", real, "kappa")
    assert (repository / "reports/figures/subset/kappa/made.txt").read_text() == "3"
    assert git("status", "--porcelain", "--untracked-files=all").split() == [
        part
        for name in (
            "figures/subset/kappa/made.txt",
            "metrics/subset/kappa/made.txt",
            "notebooks/subset/kappa.ipynb",
            "tables/subset/kappa/made.txt",
        )
        for part in ("??", f"reports/{name}")
    ]


def test_a_second_run_repeats_nothing_and_a_commit_repeats_what_it_touches(repository, real):
    log = repository / "build/scales/subset/ran.txt"
    scales.run_at_scale("subset", real)
    scales.run_at_scale("subset", real)
    assert sorted(log.read_text().split()) == ["kappa", "other"]
    (repository / "make_report.py").write_text(MAKE_REPORT + "# changed\n")
    commit("Change the code")
    scales.run_at_scale("subset", real, "kappa")
    assert sorted(log.read_text().split()) == ["kappa", "kappa", "other"]


def test_uncommitted_changes_are_named_as_left_out(repository, real, capsys):
    (repository / "dvc.yaml").write_text(PIPELINE + "# changed\n")
    scales.check_out(scales.SCALES / "subset")
    assert "without your changes in dvc.yaml" in capsys.readouterr().err


def test_a_failing_stage_ends_in_one_sentence(repository, real):
    (repository / "make_report.py").write_text("raise SystemExit(3)")
    commit("Break the stage")
    with pytest.raises(InputError, match="`segloss grid --paper` failed"):
        scales.run_at_scale("subset", real, "kappa")


def test_a_removed_build_folder_is_no_obstacle(repository, real):
    scales.run_at_scale("subset", real, "kappa")
    shutil.rmtree("build")
    scales.run_at_scale("subset", real, "kappa")
    assert (repository / "build/scales/subset/reports/metrics/subset/kappa/made.txt").is_file()


def test_the_synthesis_of_a_scale_runs_in_its_worktree_and_brings_its_tables_back(repository, real, monkeypatch):
    def train(*command, folder):
        assert command == ("synthesis", "--workers", "1")
        made = folder / synthesis_folder(yaml.safe_load((folder / "params.yaml").read_text())["scale"])
        made.mkdir(parents=True)
        (made / "scd-runs.csv").write_text("run\n")

    monkeypatch.setattr(scales, "segloss", train)
    scales.synthesis_at_scale("subset", real, 1)
    assert [path.name for path in synthesis_folder("subset").iterdir()] == ["scd-runs.csv"]
    assert (scales.SCALES / "subset/prepared-scd.txt").is_file()
    assert not (repository / "prepared-scd.txt").exists()


def test_the_synthesis_of_real_data_needs_their_root(repository):
    with pytest.raises(InputError, match="needs DATA_ROOT"):
        scales.synthesis_at_scale("subset")
