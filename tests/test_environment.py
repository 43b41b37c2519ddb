"""environment.yml as conda, repo2docker and Binder read it."""

import os
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
# Each of these would be read in place of environment.yml, or change what it makes.
TAKEN_FIRST = ["Dockerfile", "binder", ".binder", "runtime.txt", "apt.txt", "install.R", "Project.toml", "default.nix"]


@pytest.fixture(scope="module")
def environment():
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_it_has_the_keys_that_conda_knows_and_the_open_channel_alone(environment):
    assert set(environment) == {"name", "channels", "dependencies"}
    assert environment["channels"] == ["conda-forge"]


def test_python_has_a_minor_version_for_which_repo2docker_has_a_kernel(environment):
    (python,) = (line for line in environment["dependencies"] if str(line).startswith("python"))
    assert re.fullmatch(r"python=3\.\d+", python)


def test_pip_is_asked_for_before_what_it_installs(environment):
    *conda, by_pip = environment["dependencies"]
    assert "pip" in conda
    assert list(by_pip) == ["pip"]


def test_pip_reads_only_files_of_the_repository_by_relative_paths(environment):
    lines = environment["dependencies"][-1]["pip"]
    named = [re.sub(r"\[.*\]$", "", line.split(maxsplit=1)[1]) for line in lines]
    assert [name for name in named if Path(name).is_absolute() or "://" in name] == []
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert any(re.match(r"-e \.\[.*pipeline.*\]$", line) for line in lines)  # JupyterLab is part of it


def test_nothing_takes_its_place():
    assert [name for name in TAKEN_FIRST if (ROOT / name).exists()] == []


def test_what_runs_after_the_install_can_run_needs_no_root_and_fetches_the_phantoms():
    script = ROOT / "postBuild"
    text = script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    assert text.startswith("#!/bin/sh\n")
    assert not re.search(r"sudo|apt-get|/usr/|/opt/", text)
    assert "dvc pull data.dvc" in text
