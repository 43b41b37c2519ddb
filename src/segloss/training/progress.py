"""How far a training is: a bar on a terminal; elsewhere, such as in a log, a line twice a minute."""

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from tqdm import tqdm

REDRAWN_S = 1 if sys.stderr.isatty() else 30


class Progress(tqdm):
    """A bar of tqdm's, for loops whose turns take long: on no terminal, each state of it is a line of its own.

    It counts on a clock that nobody sets back.
    """

    def __init__(self, turns: Iterable[Any], title: str, **options: Any) -> None:
        super().__init__(turns, title, mininterval=REDRAWN_S, miniters=1, **options)
        self._time = time.monotonic
        self.start_t = self.last_print_t = self._time()

    @staticmethod
    def status_printer(file: Any) -> Callable[[str], None]:
        """What draws a state of the bar; an empty one wipes it out."""
        if file.isatty():
            return tqdm.status_printer(file)
        return lambda state: print(state, end="\n" if state else "", file=file)

    def moveto(self, n: int) -> None:
        """Go up or down, past other bars, where a cursor can."""
        if self.fp.isatty():
            super().moveto(n)
