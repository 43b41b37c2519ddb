"""Stages in their order, recorded without DVC having run them: DVC cannot tell the difference."""

import subprocess
import sys
from pathlib import Path

import pytest
from dvc.repo import Repo

from segloss.errors import InputError
from segloss.pipeline import Pipeline

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
  join:
    cmd: cat out/a.txt out/b.txt > joined.txt
    deps:
      - out/a.txt
      - out/b.txt
    outs:
      - joined.txt
  clock:
    cmd: date > clock.txt
    always_changed: true
    outs:
      - clock.txt
"""


def dvc(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pipeline of which no stage has run; the present directory of the test."""
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


def record(*names: str) -> dict[str, str]:
    """Record stages that read what is there now."""
    pipeline = Pipeline()
    return pipeline.record({name: pipeline.inputs(name) for name in names})


def test_recording_writes_the_lock_file_that_dvc_would_write(repository: Path) -> None:
    dvc("repro", "-q", "copy@a", "copy@b", "copy@c")
    by_dvc = Path("dvc.lock").read_bytes()
    Path("dvc.lock").unlink()
    run_by_hand("a", "b", "c")
    record("copy@a", "copy@b", "copy@c")
    assert Path("dvc.lock").read_bytes() == by_dvc


def test_only_the_named_stages_are_recorded(repository: Path) -> None:
    run_by_hand("a", "b")
    record("copy@a")
    status = dvc("status", "--json")
    assert "copy@a" not in status
    assert "copy@b" in status
    assert "copy@c" in status


def test_recorded_outputs_come_back_from_the_cache(repository: Path) -> None:
    run_by_hand("b")
    record("copy@b")
    Path("out/b.txt").unlink()
    dvc("checkout", "-q", "copy@b")
    assert Path("out/b.txt").read_text() == "b"


def test_without_stages_nothing_is_written(repository: Path) -> None:
    record()
    assert not Path("dvc.lock").exists()


def test_each_stage_needs_those_whose_results_it_reads(repository: Path) -> None:
    alone: set[str] = set()
    copies = {f"copy@{name}": alone for name in "abc"}
    assert Pipeline().needs() == {**copies, "join": {"copy@a", "copy@b"}, "clock": alone}


def test_a_target_comes_with_what_it_needs(repository: Path) -> None:
    assert set(Pipeline().needs("join")) == {"copy@a", "copy@b", "join"}


def test_an_unknown_target_is_refused_by_name(repository: Path) -> None:
    with pytest.raises(InputError, match=r"^dvc.yaml has no stage report@cappa; it has copy@a, copy@b"):
        Pipeline().needs("report@cappa")


def test_a_stage_that_read_something_else_than_what_is_there_is_not_recorded(repository: Path) -> None:
    run_by_hand("a")
    pipeline = Pipeline()
    read = pipeline.inputs("copy@a")
    Path("params.yaml").write_text("number: 4\n")
    assert pipeline.record({"copy@a": read}) == {"copy@a": "its inputs changed while it ran: params.yaml"}
    assert not Path("dvc.lock").exists()


def test_a_stage_that_is_defined_otherwise_by_now_is_not_recorded(repository: Path) -> None:
    run_by_hand("a")
    pipeline = Pipeline()
    read = pipeline.inputs("copy@a")
    Path("dvc.yaml").write_text(PIPELINE.replace("mkdir -p out &&", "mkdir out;"))
    assert pipeline.record({"copy@a": read}) == {"copy@a": "its inputs changed while it ran: definition"}


def test_sources_that_changed_since_the_pipeline_was_read_are_named(repository: Path) -> None:
    pipeline = Pipeline()
    Path("a.txt").write_text("another")
    run_by_hand("a")
    assert pipeline.changed_sources("copy@a") == ["a.txt"]
    assert pipeline.changed_sources("join") == []


def test_a_command_is_given_as_a_shell_reads_it(repository: Path) -> None:
    assert Pipeline().command("join") == "cat out/a.txt out/b.txt > joined.txt"


def test_stages_are_stale_whose_inputs_have_changed(repository: Path) -> None:
    run_by_hand("a", "b")
    record("copy@a", "copy@b")
    Path("a.txt").write_text("another")
    assert Pipeline().stale(["copy@a", "copy@b", "copy@c"]) == ["copy@a", "copy@c"]


def test_what_ran_before_is_brought_back_and_not_stale(repository: Path) -> None:
    dvc("repro", "-q", "copy@a")
    Path("params.yaml").write_text("number: 4\n")
    dvc("repro", "-q", "copy@a")
    Path("params.yaml").write_text("number: 3\n")
    Path("out/a.txt").unlink()
    assert Pipeline().stale(["copy@a"]) == []
    assert Path("out/a.txt").read_text() == "a"
    assert dvc("status", "--json", "copy@a").strip() == "{}"


def test_what_a_stage_run_by_hand_left_gives_way_to_what_is_brought_back(repository: Path) -> None:
    dvc("repro", "-q", "copy@a")
    Path("out/a.txt").write_text("by hand")
    assert Pipeline().stale(["copy@a"]) == []
    assert Path("out/a.txt").read_text() == "a"


def test_the_parameters_of_a_stage_are_those_that_dvc_reads(repository: Path) -> None:
    (stage,) = Repo().stage.collect("copy@a")
    (params,) = (dep for dep in stage.deps if str(dep) == "params.yaml")
    assert Pipeline().inputs("copy@a")["params.yaml"] == params.get_hash().value == {"number": 3}


def test_parameters_are_read_again_when_they_change(repository: Path) -> None:
    pipeline = Pipeline()
    pipeline.inputs("copy@a")
    Path("params.yaml").write_text("number: 4\n")
    assert pipeline.inputs("copy@a")["params.yaml"] == {"number": 4}
