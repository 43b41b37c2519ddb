"""The grid on this machine: what it runs, what it records, and what it refuses to record."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from segloss.errors import InputError
from segloss.grid import job, run_grid
from segloss.grid.job import PARENT
from segloss.grid.running import Grid
from segloss.paths import GRID
from segloss.provenance import write_json
from tests.grid.small_pipeline import NEEDS, SETTINGS, STEPS, recorded, starts, write_pipeline

ONCE = dict.fromkeys(NEEDS, 1)


def test_the_grid_leaves_what_a_serial_run_leaves(workplace: Path) -> None:
    serial = workplace / "serial"
    serial.mkdir()
    write_pipeline(serial)
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet"], cwd=serial, check=True)
    assert run_grid(workers=2) == 0
    for name in NEEDS:
        assert Path(f"{name}.out").read_bytes() == (serial / f"{name}.out").read_bytes()
    locks = [yaml.safe_load(path.read_text()) for path in (Path("dvc.lock"), serial / "dvc.lock")]
    assert locks[0] == locks[1]
    assert recorded()


def test_a_second_grid_runs_nothing(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_grid(workers=2)
    capsys.readouterr()
    assert run_grid(workers=2) == 0
    assert starts() == ONCE
    assert capsys.readouterr().out == "Grid: 0 stages ran; everything is up to date.\n"


def test_only_a_target_and_what_it_needs_is_run(workplace: Path) -> None:
    assert run_grid("b", workers=1) == 0
    assert starts() == {"a": 1, "b": 1}


def test_a_stage_begins_as_soon_as_what_it_needs_is_done(workplace: Path) -> None:
    # d removes what holds e: a grid in waves would wait for e before it begins b.
    Path("hold-e").touch()
    Path("steps.py").write_text(f"{STEPS}\nif name == 'd':\n    Path('hold-e').unlink()\n")
    assert run_grid(workers=2) == 0


def test_a_stage_that_fails_three_times_is_named_and_the_rest_goes_on(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("fail-b").write_text("9")
    assert run_grid(workers=2) == 1
    assert starts() == {"a": 1, "b": 3, "c": 1, "e": 1}
    summary = capsys.readouterr().out
    assert "Grid: 3 stages ran, 1 failed, 1 that need those were left.\n  b: The disk is full." in summary
    assert summary.endswith("left: d\n")


def test_a_command_of_another_program_is_run(workplace: Path) -> None:
    Path("dvc.yaml").write_text("stages: {a: {cmd: cp source a.out, deps: [source], outs: [a.out]}}")
    assert run_grid(workers=1) == 0
    assert Path("a.out").read_text() == "!"


def test_what_an_earlier_run_wrote_is_gone_before_a_stage_begins(workplace: Path) -> None:
    Path("dvc.yaml").write_text("stages: {a: {cmd: install -D source out/source, deps: [source], outs: [out]}}")
    Path("out").mkdir()
    Path("out/old").touch()
    assert run_grid(workers=1) == 0
    assert [path.name for path in Path("out").iterdir()] == ["source"]


def test_what_failed_is_all_that_the_next_grid_runs(workplace: Path) -> None:
    Path("fail-b").write_text("3")
    assert run_grid(workers=2) == 1
    assert run_grid(workers=2) == 0
    assert starts() == {**ONCE, "b": 4}
    assert recorded()


def test_a_stage_that_fails_twice_is_done_in_the_end(workplace: Path) -> None:
    Path("fail-b").write_text("2")
    assert run_grid(workers=2) == 0
    assert starts() == {**ONCE, "b": 3}


def test_what_a_stage_printed_is_kept(workplace: Path) -> None:
    Path("fail-a").write_text("9")
    run_grid(workers=1)
    assert (GRID / "a.log").read_text() == "begun\nThe disk is full.\n"


@pytest.mark.parametrize("edit", ["source=other", "params.yaml=word: hello\nother: 2\n"])
def test_a_stage_whose_inputs_change_while_it_runs_is_not_recorded(
    workplace: Path, edit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("edit-a").write_text(edit)
    assert run_grid("b", workers=1) == 1
    assert "a: failed. its inputs changed while it ran" in capsys.readouterr().out
    assert not Path("dvc.lock").exists()
    Path("edit-a").unlink()
    assert run_grid("b", workers=1) == 0
    assert starts() == {"a": 2, "b": 1}


def test_a_template_that_changes_while_a_stage_runs_counts_as_an_input(workplace: Path) -> None:
    Path("edit-a").write_text(f"params.yaml={SETTINGS.replace('hello', 'bye')}")
    assert run_grid("a", workers=1) == 1
    assert not Path("dvc.lock").exists()


def test_code_that_changes_before_a_stage_begins_stops_it(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Processes hold the code that was there when the grid began.
    stages = Path("dvc.yaml").read_text()
    Path("dvc.yaml").write_text(stages.replace("[steps.py, a.out]", "[steps.py, a.out, code.py]"))
    Path("code.py").write_text("1")
    Path("edit-a").write_text("code.py=2")
    assert run_grid(workers=1) == 1
    assert "b: failed. code.py changed since the grid began" in capsys.readouterr().out
    assert starts() == {"a": 1, "e": 1}


def test_a_stage_without_its_output_is_not_recorded(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("dvc.yaml").write_text(Path("dvc.yaml").read_text().replace("outs: [a.out]", "outs: [a.out, more.out]"))
    assert run_grid("a", workers=1) == 1
    assert "more.out" in capsys.readouterr().out


def unrecorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the stages, and stop as if killed before the first is recorded."""
    with monkeypatch.context() as patched:
        patched.setattr(Grid, "_record", lambda self: None)
        run_grid(workers=1)
    assert not Path("dvc.lock").exists()


def test_a_finished_stage_that_was_not_recorded_is_not_run_again(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unrecorded(monkeypatch)
    assert run_grid(workers=1) == 0
    assert starts() == ONCE
    assert recorded()


def test_a_finished_stage_whose_output_was_touched_is_run_again(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unrecorded(monkeypatch)
    Path("e.out").write_text("something else")
    assert run_grid(workers=1) == 0
    assert starts() == {**ONCE, "e": 2}


def test_a_stage_that_always_runs_does_so_once_in_each_grid(workplace: Path) -> None:
    text = Path("dvc.yaml").read_text()
    Path("dvc.yaml").write_text(text.replace("  e:\n", "  e:\n    always_changed: true\n"))
    run_grid(workers=1)
    run_grid(workers=1)
    assert starts() == {**ONCE, "e": 2}


def test_a_second_grid_in_the_same_folder_is_refused_by_name(workplace: Path) -> None:
    GRID.mkdir(parents=True)
    write_json(PARENT, {"process": 123, "host": "node7", "since": "2026-01-01 00:00:00.1"})
    with FileLock(GRID / "lock"), pytest.raises(InputError, match=r"already: process 123 on node7, since 2026-01-01"):
        run_grid(workers=1)
    assert not Path("starts").exists()


def test_a_worker_that_runs_other_code_is_refused(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = iter(["at the parent", *["at the worker"] * 9])
    monkeypatch.setattr(job, "own_code", lambda: next(codes))
    assert run_grid("a", workers=1) == 1
    assert "runs another segloss" in capsys.readouterr().out


def test_a_worker_that_sees_another_folder_is_refused(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(job, "PARENT", Path("elsewhere.json"))
    assert run_grid("a", workers=1) == 1
    assert f"does not see {workplace}, expected the same folder on all machines" in capsys.readouterr().out
    assert not Path("starts").exists()


def test_a_cluster_needs_dask(workplace: Path) -> None:
    with pytest.raises(InputError, match=r"Dask is not installed, expected what `pip install '.\[cluster\]'` brings"):
        run_grid(scheduler="tcp://nowhere:1")
