"""Work on many items with several threads, in bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

# Each holds a case in memory, and a large scan takes several times its size while it is worked on.
MOST_WORKERS = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None) -> Iterator[Result]:
    """Results of a function in the order of the items, with at most ``workers`` of them ahead of the one that is due.

    Threads are enough where the time goes into decompression and arrays, which hold no lock.

    >>> list(in_order(abs, [-1, 2, -3], workers=2))
    [1, 2, 3]
    """
    workers = workers or min(MOST_WORKERS, os.cpu_count() or 1)
    due: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                due.append(pool.submit(function, item))
                if len(due) > workers:
                    yield due.popleft().result()
            while due:
                yield due.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
