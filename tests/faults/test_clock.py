"""A wall clock that runs backwards, and files from the future: no result depends on the order of times."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.disturbing import Trap, run
from tests.faults.project import STAGES, results

IN_TEN_YEARS = time.time() + 10 * 365 * 86400


@pytest.mark.parametrize(
    "stage", ["prepare", "evaluate", *(pytest.param(s, marks=pytest.mark.slow) for s in ("train", "report"))]
)
def test_a_clock_set_back_and_inputs_from_the_future_change_no_byte(
    stage: str, before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    folder = before(stage)
    for file in folder.rglob("*"):
        os.utime(file, (IN_TEN_YEARS, IN_TEN_YEARS))
    assert run(folder, STAGES[stage], Trap("clock set back", 0)).code == 0
    assert results(folder, stage) == results(finished, stage)
    tell("the clock runs backwards, all inputs are from the future", stage, 1)


def test_work_left_by_a_kill_is_taken_up_by_a_process_whose_clock_is_years_behind(
    before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    folder = before("prepare")
    shutil.rmtree(folder / "build/preparing")
    operations = run(before("prepare"), STAGES["prepare"]).operations
    run(folder, STAGES["prepare"], Trap("kill", operations // 2))
    ended = run(folder, STAGES["prepare"], Trap("clock set back", 0))
    assert ended.code == 0
    assert results(folder, "prepare") == results(finished, "prepare")
    tell("the clock is set back between a kill and the next call", "prepare", 1)
