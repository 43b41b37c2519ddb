"""Calls in processes of their own, so many at once: what one of them breaks, it breaks alone."""

import io
import multiprocessing
import sys
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from typing import Any

from tqdm import tqdm

from segloss.errors import InputError

# One process imports what calls need, and each gets a copy: importing PyTorch takes longer than most calls.
PROCESSES: Any = multiprocessing.get_context(
    "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
)


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
    PROCESSES.set_forkserver_preload(list(imports))
    with ThreadPoolExecutor(workers) as pool:
        ended = pool.map(_went_well, calls, calls.values())
        bar = tqdm(ended, title, len(calls), disable=not calls)
        return [name for name, well in zip(calls, bar, strict=True) if well]


def _went_well(name: str, call: Callable[[], object]) -> bool:
    receiving, sending = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_call, args=(call, sending))
    process.start()
    sending.close()
    try:
        reason = receiving.recv()
    except EOFError:  # it ended, and had nothing to say
        reason = None
    process.join()
    if process.exitcode:
        tqdm.write(f"{name}: {reason or f'ended with code {process.exitcode}'}", file=sys.stderr)
    return process.exitcode == 0


def _call(call: Callable[[], object], fault: Connection) -> None:
    # All calls share a terminal, and the bar over them stands there.
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
        try:
            call()
        except SystemExit as end:
            if end.code:
                fault.send(said.getvalue().strip().rpartition("\n")[2])
            raise
        except Exception as error:
            fault.send(str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}")
            sys.exit(1)
