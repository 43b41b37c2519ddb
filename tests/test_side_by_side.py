"""Calls in processes of their own: which went well, and what is said of the others."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from segloss.errors import InputError
from segloss.side_by_side import CallFailed, in_own_process, run_side_by_side


def write(path: Path) -> None:
    path.write_text("done")


def refuse() -> None:
    raise InputError("The file is no image.")


def stumble() -> None:
    raise ZeroDivisionError("by nothing")


def leave() -> None:
    print("the last word", file=sys.stderr)
    sys.exit(3)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def meet(own: Path, other: Path) -> None:
    """Ends well only if the other call is under way at the same time."""
    own.touch()
    for _ in range(600):
        if other.exists():
            return
        time.sleep(0.1)
    raise TimeoutError


def test_those_that_went_well_are_named_in_their_order(tmp_path: Path) -> None:
    calls = {"a": partial(write, tmp_path / "a"), "b": refuse, "c": partial(write, tmp_path / "c")}
    assert run_side_by_side(calls, 2, "test") == ["a", "c"]
    assert (tmp_path / "c").read_text() == "done"


def test_as_many_are_under_way_at_once_as_there_are_workers(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    assert run_side_by_side({"a": partial(meet, a, b), "b": partial(meet, b, a)}, 2, "test") == ["a", "b"]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (refuse, "The file is no image."),
        (stumble, "ZeroDivisionError: by nothing"),
        (leave, "the last word"),
        (die, f"ended with code {-signal.SIGKILL}"),
    ],
)
def test_what_fails_is_named_with_its_reason(call, reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_side_by_side({"odd": call}, 1, "test") == []
    assert f"odd: {reason}" in capfd.readouterr().err


def test_without_calls_nothing_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_side_by_side({}, 2, "test") == []
    assert capfd.readouterr().err == ""


def answer() -> int:
    return 42


def test_a_call_in_its_own_process_returns_what_it_returns() -> None:
    assert in_own_process(answer) == 42
    with pytest.raises(CallFailed, match=r"^ZeroDivisionError: by nothing$"):
        in_own_process(stumble)


BEATING = """
import sys, time
from functools import partial
from pathlib import Path
from segloss.side_by_side import run_side_by_side

def beat(path):
    while True:
        with path.open("a") as heart:
            heart.write(".")
        time.sleep(0.05)

if __name__ == "__main__":
    run_side_by_side({name: partial(beat, Path(name)) for name in ("a", "b")}, 2, "test")
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_parent_alone_ends_its_calls(tmp_path: Path, end: signal.Signals) -> None:
    (tmp_path / "beating.py").write_text(BEATING)
    parent = subprocess.Popen(
        [sys.executable, "beating.py"], cwd=tmp_path, stderr=subprocess.DEVNULL, start_new_session=True
    )
    hearts = [tmp_path / "a", tmp_path / "b"]
    try:
        wait_until(lambda: all(heart.exists() and heart.stat().st_size > 20 for heart in hearts))
        parent.send_signal(end)
        parent.wait(timeout=30)
        wait_until(lambda: all(time.time() - heart.stat().st_mtime > 1 for heart in hearts))
    finally:
        parent.kill()


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise TimeoutError
