"""What a training says of how far it is, where nobody can see a bar move."""

import io
import itertools
import re
import time
from collections.abc import Iterator

import pytest

from segloss.training import progress
from segloss.training.progress import Progress


def nested(log: io.StringIO) -> None:
    """Two folds of three epochs each."""
    for fold in Progress(range(2), "an arm", unit="fold", file=log):
        for _ in Progress(range(3), f"fold {fold}", unit="epoch", leave=False, file=log):
            pass


def test_a_log_has_lines_and_no_characters_that_move_a_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REDRAWN_S", 0)
    log = io.StringIO()
    nested(log)
    assert not re.search("[\r\x1b]", log.getvalue())
    lines = [line for line in log.getvalue().split("\n") if line]
    assert [line.partition("|")[0] for line in lines if line.startswith("fold 1")] == [
        "fold 1:   0%",
        "fold 1:  33%",
        "fold 1:  67%",
        "fold 1: 100%",
    ]


def test_a_log_gets_a_line_at_the_begin_of_a_loop_and_then_twice_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0.0, 0.01)  # a hundredth of a second passes whenever somebody looks
    monkeypatch.setattr(progress, "REDRAWN_S", 30)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    log = io.StringIO()
    for _ in Progress(range(10_000), "fold 0", file=log):
        pass
    passed = next(clock)
    lines = [line for line in log.getvalue().split("\n") if line]
    assert passed / 30 - 1 <= len(lines) <= passed / 30 + 2


def test_a_clock_that_is_set_back_stops_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REDRAWN_S", 0)

    def turns() -> Iterator[int]:
        for turn in range(4):
            monkeypatch.setattr(time, "time", lambda turn=turn: 1e9 - 3600 * turn)
            yield turn

    log = io.StringIO()
    for _ in Progress(turns(), "fold 0", total=4, file=log):
        pass
    assert "100%" in log.getvalue()
    assert "-" not in log.getvalue()
