"""How long stages take together on a number of workers."""

from collections.abc import Mapping, Set
from heapq import heappop, heappush


def makespan(seconds: Mapping[str, float], needs: Mapping[str, Set[str]], workers: int) -> float:
    """Time from the begin of the first stage to the end of the last one.

    As in the grid, a free worker takes the stage that has waited longest of those whose needs are met.

    >>> makespan({"a": 1, "b": 2, "c": 3}, {"a": set(), "b": {"a"}, "c": {"a"}}, 2)
    4.0

    Args:
        seconds: How long each stage takes by itself.
        needs: For each stage those that have to end before it begins.
        workers: Stages at once.
    """
    open_needs = {name: set(needed) for name, needed in needs.items()}
    ready = [name for name, needed in open_needs.items() if not needed]
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < workers:
            name = ready.pop(0)
            heappush(running, (now + seconds[name], name))
        now, ended = heappop(running)
        for name, needed in open_needs.items():
            if ended in needed:
                needed.remove(ended)
                if not needed:
                    ready.append(name)
    return now
