"""Calls in processes of their own, so many at once: what one of them breaks, it breaks alone."""

import io
import multiprocessing
import os
import sys
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from tqdm import tqdm

from segloss.errors import InputError

# One process imports what calls need, and each gets a copy: importing PyTorch takes longer than most calls.
PROCESSES: Any = multiprocessing.get_context(
    "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
)


class CallFailed(Exception):
    """Why a call in a process of its own came to nothing, in its own last words."""


def run_side_by_side(
    calls: Mapping[str, Callable[[], object]], workers: int, title: str, imports: Collection[str] = ()
) -> list[str]:
    """Make calls, so many at once, and name on stderr those that fail, with the reason.

    Args:
        calls: What to call, by the name that is shown; they and their results have to be picklable.
        workers: How many at once.
        title: Of the progress bar.
        imports: Modules that are imported once for all.

    Returns:
        The names of those that went well.
    """

    def went_well(name: str, call: Callable[[], object]) -> bool:
        try:
            in_own_process(call, imports)
        except CallFailed as reason:
            tqdm.write(f"{name}: {reason}", file=sys.stderr)
            return False
        return True

    with ThreadPoolExecutor(workers) as pool:
        try:
            ended = pool.map(went_well, calls, calls.values())
            bar = tqdm(ended, title, len(calls), disable=not calls)
            return [name for name, well in zip(calls, bar, strict=True) if well]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise


def in_own_process(call: Callable[[], object], imports: Collection[str] = ()) -> Any:
    """Make a call in a process of its own, which ends when this one does, whatever ends it.

    Args:
        call: What to call; it and its result have to be picklable.
        imports: Modules that are imported once for all calls. Those of the first call count.

    Returns:
        What the call returns.

    Raises:
        CallFailed: If it raises, or its process ends.
    """
    PROCESSES.set_forkserver_preload(list(imports))
    receiving, sending = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_call, args=(call, sending))
    process.start()
    sending.close()
    try:
        # The exit code alone would not do: of two threads that ask for one, the second may read the wrong one.
        result, reason = receiving.recv()
    except EOFError:
        process.join()
        raise CallFailed(f"ended with code {process.exitcode}") from None
    process.join()
    if reason is not None:
        raise CallFailed(reason)
    return result


def end_all() -> None:
    """End the processes of all calls that this process has under way."""
    for process in multiprocessing.active_children():
        process.kill()


def _call(call: Callable[[], object], answer: Connection) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    # All calls share a terminal, and the bar over them stands there.
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
        try:
            answer.send((call(), None))
        except SystemExit as end:
            if end.code:
                last = said.getvalue().strip().rpartition("\n")[2]
                answer.send((None, last or f"ended with code {end.code}"))
            else:
                answer.send((None, None))
        except Exception as error:
            answer.send((None, str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    """End this process with the one that made the call.

    That one is no parent in the kernel's eyes, which is the process that holds the imports: so the kernel cannot be
    asked for a signal. A pipe that only the caller holds open tells of its end, on every system.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
