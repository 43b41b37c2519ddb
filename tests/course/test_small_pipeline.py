"""The small pipeline of the assignment on results tables runs again what depends on a change, and nothing else."""

import json
import re
import shutil
from pathlib import Path

import pytest

from segloss.course.small_pipeline import dvc, make_pipeline


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_pipeline(folder)
    return folder


@pytest.fixture
def pipeline(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "pipeline", symlinks=True))


def stages_run(output: str) -> list[str]:
    return sorted(re.findall(r"Running stage '(.+?)'", output))


def test_a_new_pipeline_has_run_once_and_is_up_to_date(pipeline):
    assert json.loads((pipeline / "comparison.json").read_text())["cases"] == 20
    assert "up to date" in dvc(pipeline, "status")


def test_a_setting_of_one_loss_runs_its_training_and_the_comparison(pipeline):
    output = dvc(pipeline, "exp", "run", "-S", "losses.topk_dice.keep=0.2")
    assert stages_run(output) == ["compare", "train@topk_dice"]


def test_a_comment_in_the_training_script_stops_at_the_unchanged_scores(pipeline):
    script = pipeline / "train.py"
    script.write_text(script.read_text() + "# a comment\n")
    assert stages_run(dvc(pipeline, "repro")) == ["train@dice", "train@topk_dice"]


def test_what_dvc_says_is_in_the_error(pipeline):
    with pytest.raises(RuntimeError, match="no-such-stage"):
        dvc(pipeline, "repro", "no-such-stage")
