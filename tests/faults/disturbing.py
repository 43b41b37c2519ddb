"""Commands in processes of their own that something happens to: at a moment, or at one of their file operations."""

import errno
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from segloss.__main__ import main
from segloss.side_by_side import PROCESSES

PRELOADED = [
    "segloss.data.preparation",
    "segloss.training.folds",
    "torch._dynamo",
    "segloss.evaluation",
    "segloss.report_stages",
    "segloss.notebooks",
]
SIGNALS = {"kill": signal.SIGKILL, "interrupt": signal.SIGINT, "stop": signal.SIGSTOP}
FAULTS = {"full": errno.ENOSPC, "read-only": errno.EROFS}
# What a full disk does not hinder.
MAKES_ROOM = ("os.remove", "os.rmdir", "os.rename")
SHORT = 4096  # bytes
TEN_YEARS_S = 10 * 365 * 86400
OPERATIONS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir")


@dataclass
class Trap:
    """What happens just before a file operation of a command: a signal, or an error from there on.

    Attributes:
        what: A key of ``SIGNALS`` or of ``FAULTS``; ``short files``, whose bytes are
            limited; ``clock set back``, by ten years, from where it runs backwards; else it only counts.
        at: Number of the operation, from 1.
        below: Only operations in this folder of the project count.
    """

    what: str
    at: int
    below: str = ""
    count: int = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The audit hook."""
        if event not in OPERATIONS or (event == "open" and not _writes(arguments)):
            return
        path = arguments[0]
        if not isinstance(path, str | Path) or not _within(path, self.below):
            return
        self.count += 1
        if self.what in SIGNALS and self.count == self.at:
            os.kill(os.getpid(), SIGNALS[self.what])
        if self.what in FAULTS and self.count >= self.at and (self.what != "full" or event not in MAKES_ROOM):
            number = FAULTS[self.what]
            raise OSError(number, os.strerror(number), str(path))


@dataclass
class Ended:
    """How a command ended: its exit code, negative if a signal ended it, what it printed, and its file operations."""

    code: int
    printed: str
    operations: int = 0


class Command:
    """A command of a project, under way."""

    def __init__(self, folder: Path, words: list[str], trap: Trap | None = None, log: str = "log") -> None:
        PROCESSES.set_forkserver_preload(PRELOADED)
        self.log = folder.parent / f"{folder.name}.{log}"
        self.trap = trap or Trap("count", 0)
        self._receiving, sending = PROCESSES.Pipe(duplex=False)
        self.log.write_text("")
        self.process = PROCESSES.Process(target=_run, args=(folder, words, self.log, self.trap, sending))
        self.process.start()
        sending.close()
        self._receiving.recv()  # all is imported, and the work begins

    def send(self, what: int) -> None:
        """Send a signal."""
        os.kill(self.process.pid, what)

    def wait_for(self, text: str, most_s: float = 60) -> bool:
        """Wait until the command has printed something; whether it has."""
        end = time.monotonic() + most_s
        while text not in self.printed and time.monotonic() < end:
            time.sleep(0.02)
        return text in self.printed

    @property
    def printed(self) -> str:
        """What it printed so far."""
        return self.log.read_text(encoding="utf-8")

    def stopped(self, most_s: float = 60) -> bool:
        """Wait until SIGSTOP has reached it; whether it has."""
        end, state = time.monotonic() + most_s, Path(f"/proc/{self.process.pid}/stat")
        while state.read_text().rpartition(")")[2].split()[0] != "T" and time.monotonic() < end:
            time.sleep(0.02)
        return state.read_text().rpartition(")")[2].split()[0] == "T"

    def ended(self) -> Ended:
        """Wait for its end."""
        try:
            operations = self._receiving.recv()
        except EOFError:  # killed
            operations = 0
        self.process.join()
        return Ended(self.process.exitcode, self.printed, operations)


def run(folder: Path, words: list[str], trap: Trap | None = None) -> Ended:
    """Run a command of the project in a folder to its end."""
    return Command(folder, words, trap).ended()


def run_for(folder: Path, words: list[str], seconds: float) -> Ended:
    """Run a command and kill it after so many seconds, if it has not ended by then."""
    command = Command(folder, words)
    command.process.join(seconds)
    command.process.kill()
    return command.ended()


def _run(folder: Path, words: list[str], log: Path, trap: Trap, sending: Connection) -> None:
    os.chdir(folder)
    for stream in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND), stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    sys.argv = ["segloss", *words]
    if trap.what == "short files":
        resource.setrlimit(resource.RLIMIT_FSIZE, (SHORT, resource.RLIM_INFINITY))
    if trap.what == "clock set back":
        began = time.time()
        time.time = lambda: 2 * began - time.clock_gettime(time.CLOCK_REALTIME) - TEN_YEARS_S  # type: ignore[assignment]
    sys.addaudithook(trap)
    sending.send("begun")
    code = main()
    sending.send(trap.count)
    sys.stdout.flush()
    sys.exit(code)


def _writes(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return bool(mode and set(mode) & set("wax+")) or bool(flags & (os.O_WRONLY | os.O_RDWR))


def _within(path: str | Path, below: str) -> bool:
    here = Path.cwd()
    absolute = Path(os.path.abspath(path))
    return absolute.is_relative_to(here / below)
