"""Ctrl-C, two calls at once, and a process that stops responding: nothing is lost, and nothing is mixed up."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.disturbing import Command, Trap, run
from tests.faults.project import STAGES, results

INTERRUPTED = 130
DEFAULT = ["prepare", "evaluate"]
SLOW = [pytest.param(stage, marks=pytest.mark.slow) for stage in ("inventory", "train", "report")]


def middle(folder: Path, stage: str) -> int:
    """A file operation in the middle of a stage."""
    return max(2, run(folder, STAGES[stage]).operations // 2)


@pytest.mark.parametrize("stage", [*DEFAULT, *SLOW])
def test_ctrl_c_ends_a_stage_with_code_130_and_the_next_call_goes_on(
    stage: str, before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    moment, folder = middle(before(stage), stage), before(stage)
    ended = run(folder, STAGES[stage], Trap("interrupt", moment))
    assert ended.code == INTERRUPTED
    assert "Traceback" not in ended.printed
    assert run(folder, STAGES[stage]).code == 0
    assert results(folder, stage) == results(finished, stage)
    tell("Ctrl-C (SIGINT)", stage, 1, f"exit code {ended.code}, no traceback")


@pytest.mark.parametrize("stage", [*DEFAULT, pytest.param("report", marks=pytest.mark.slow)])
def test_a_second_call_waits_for_the_first_and_names_it(
    stage: str, before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    moment, folder = middle(before(stage), stage), before(stage)
    first = Command(folder, STAGES[stage], Trap("stop", moment))
    assert first.stopped()
    second = Command(folder, STAGES[stage], log="second")
    assert second.wait_for("waiting for"), "the second did not wait"
    first.send(signal.SIGCONT)
    assert [first.ended().code, second.ended().code] == [0, 0]
    assert results(folder, stage) == results(finished, stage)
    [said] = [line for line in second.printed.splitlines() if "waiting for" in line]
    tell("a second call while the first is at work", stage, 1, said.replace(str(first.process.pid), "<number>"))


def test_a_call_that_no_longer_responds_can_be_killed_and_the_one_that_waits_goes_on(
    before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    moment, folder = middle(before("prepare"), "prepare"), before("prepare")
    stuck = Command(folder, STAGES["prepare"], Trap("stop", moment))
    assert stuck.stopped()
    second = Command(folder, STAGES["prepare"], log="second")
    assert second.wait_for(f"process {stuck.process.pid}:")
    stuck.send(signal.SIGKILL)
    assert stuck.ended().code == -signal.SIGKILL
    assert second.ended().code == 0
    assert results(folder, "prepare") == results(finished, "prepare")
    tell("a call that stops responding (SIGSTOP), then is killed", "prepare", 1, "the second call says which process")
