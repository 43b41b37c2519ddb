"""One call at a time of what writes to one place: a second one waits, and says for whom."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from filelock import FileLock, Timeout

from segloss.paths import LOCKS
from segloss.provenance import named

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def one_at_a_time(stage: str) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Let one process at a time call a function with the same texts as arguments.

    Args:
        stage: What the function does, as it is shown to whoever waits.
    """

    def decorated(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def in_turn(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
            with turn(" ".join([stage, *(argument for argument in arguments if isinstance(argument, str))])):
                return function(*arguments, **options)

        return in_turn

    return decorated


@contextmanager
def turn(what: str) -> Iterator[None]:
    """Wait until no other process is at ``what``. The lock ends with the process that holds it, however that ends."""
    path = LOCKS / f"{what.replace(' ', '-')}.lock"
    holder = path.with_suffix(".pid")
    lock = FileLock(path)
    with named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            process = holder.read_text(encoding="utf-8") if holder.is_file() else "unknown"
            print(f"{what} is running already, as process {process}: waiting for it to end.", file=sys.stderr)
            lock.acquire()
    try:
        holder.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        lock.release()
