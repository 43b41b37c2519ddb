"""The next batch is read, copied and augmented while the GPU computes with the present one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from segloss.training.inputs import Batch

Item = TypeVar("Item")


def prefetched(batches: Iterator[Batch], device: torch.device) -> Iterator[Batch]:
    """The batches, on a GPU each ready when it is asked for; a CPU has enough to do with the present one.

    A stream of its own makes them. Their random numbers come from the generator of the CPU, from which a network on a
    GPU draws nothing: they are the same as without prefetching.
    """
    if device.type != "cuda":
        yield from batches
        return
    for batch, ready in in_background(_made_on(torch.cuda.Stream(device), batches)):
        computing = torch.cuda.current_stream(device)
        computing.wait_event(ready)
        for tensor in batch:
            if tensor is not None:
                tensor.record_stream(computing)
        yield batch


def in_background(items: Iterator[Item]) -> Iterator[Item]:
    """The items in their order, each made by another thread while the one before it is in use."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _made_on(stream: torch.cuda.Stream, batches: Iterator[Batch]) -> Iterator[tuple[Batch, torch.cuda.Event]]:
    while True:
        with torch.cuda.stream(stream):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch, stream.record_event()
