"""Stages recorded without DVC having run them: DVC cannot tell the difference."""

import subprocess
import sys
from pathlib import Path

import pytest

from segloss.recording import record_stages

PIPELINE = """\
stages:
  copy:
    foreach: [a, b, c]
    do:
      cmd: mkdir -p out && cp ${item}.txt out/${item}.txt
      deps:
        - ${item}.txt
      params:
        - number
      outs:
        - out/${item}.txt
"""


def dvc(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pipeline of three stages, none of which has run; the present directory of the test."""
    monkeypatch.chdir(tmp_path)
    dvc("init", "--no-scm", "-q")
    Path("dvc.yaml").write_text(PIPELINE)
    Path("params.yaml").write_text("number: 3\n")
    for name in "abc":
        Path(f"{name}.txt").write_text(name)
    return tmp_path


def run_by_hand(*names: str) -> None:
    Path("out").mkdir(exist_ok=True)
    for name in names:
        Path(f"out/{name}.txt").write_text(Path(f"{name}.txt").read_text())


def test_recording_writes_the_lock_file_that_dvc_would_write(repository: Path) -> None:
    dvc("repro", "-q")
    by_dvc = Path("dvc.lock").read_bytes()
    Path("dvc.lock").unlink()
    run_by_hand("a", "b", "c")
    record_stages(["copy@a", "copy@b", "copy@c"])
    assert Path("dvc.lock").read_bytes() == by_dvc


def test_only_the_named_stages_are_recorded(repository: Path) -> None:
    run_by_hand("a", "b")
    record_stages(["copy@a"])
    status = dvc("status", "--json")
    assert "copy@a" not in status
    assert "copy@b" in status
    assert "copy@c" in status


def test_recorded_outputs_come_back_from_the_cache(repository: Path) -> None:
    run_by_hand("b")
    record_stages(["copy@b"])
    Path("out/b.txt").unlink()
    dvc("checkout", "-q", "copy@b")
    assert Path("out/b.txt").read_text() == "b"


def test_without_stages_nothing_is_written(repository: Path) -> None:
    record_stages([])
    assert not Path("dvc.lock").exists()
