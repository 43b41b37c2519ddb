"""A stage that is killed, whenever it is, ends the next time with the same bytes as one that was not."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.faults.disturbing import Trap, run, run_for
from tests.faults.project import STAGES, results

MOMENTS = 20
KILLED = -signal.SIGKILL
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("stage", "every"),
    [
        ("prepare", 7),
        ("evaluate", 5),
        *(pytest.param(stage, 1, marks=SLOW) for stage in ("inventory", "prepare", "evaluate")),
        *(pytest.param(stage, 3, marks=SLOW) for stage in ("train", "report")),
    ],
)
def test_a_stage_killed_at_a_file_operation_ends_the_next_time_as_if_it_had_not_been(
    stage: str, every: int, before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    expected = results(finished, stage)
    operations = run(before(stage), STAGES[stage]).operations
    moments = range(1, operations + 1, every)
    for moment in moments:
        folder = before(stage)
        assert run(folder, STAGES[stage], Trap("kill", moment)).code == KILLED
        assert run(folder, STAGES[stage]).code == 0
        assert results(folder, stage) == expected, f"killed before file operation {moment}"
    tell("SIGKILL before a file operation", stage, len(moments))


@pytest.mark.parametrize(
    ("stage", "moments"),
    [("prepare", 4), ("evaluate", 4), *(pytest.param(s, MOMENTS, marks=SLOW) for s in list(STAGES)[1:])],
)
def test_a_stage_killed_at_a_random_moment_ends_the_next_time_as_if_it_had_not_been(
    stage: str, moments: int, before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    expected = results(finished, stage)
    begun = time.monotonic()
    run(before(stage), STAGES[stage])
    lasts = time.monotonic() - begun
    killed = 0
    for seconds in np.random.default_rng(0).uniform(0, lasts, 5 * moments):
        folder = before(stage)
        killed += run_for(folder, STAGES[stage], seconds).code == KILLED  # else it had ended by then
        assert run(folder, STAGES[stage]).code == 0
        assert results(folder, stage) == expected, f"killed after {seconds:.3f} s"
        if killed == moments:
            break
    assert killed == moments
    tell("SIGKILL at a random moment", stage, killed)
