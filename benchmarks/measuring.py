"""Time and peak memory of one call, measured the same way for everything that is compared."""

import ctypes
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

Call = Callable[[Tensor, Tensor], Tensor]
Inputs = tuple[Tensor, Tensor]

_OWN_MAPPING_FROM = 64 * 1024  # bytes
_M_MMAP_THRESHOLD = -3  # of malloc.h
_RESET_PEAK = "5"  # of man proc_pid_clear_refs


def step(call: Call, inputs: Inputs) -> None:
    """Forward and backward."""
    logits, labels = inputs
    logits.grad = None
    call(logits, labels).backward()
    if logits.is_cuda:
        torch.cuda.synchronize()


def median_seconds(calls: Sequence[Call], inputs: Inputs, rounds: int, budget_s: float) -> tuple[list[float], int]:
    """Median time of each call; the calls take turns, so that what disturbs the machine disturbs all of them.

    Args:
        calls: What to measure.
        inputs: Logits that want a gradient, and labels.
        rounds: Turns of each call, after one that does not count.
        budget_s: No further round is begun after so long, but three are always made.

    Returns:
        Seconds of each, and how many rounds were made.
    """
    times: list[list[float]] = [[] for _ in calls]
    start = time.perf_counter()
    for turn in range(rounds + 1):
        if turn > 3 and time.perf_counter() - start > budget_s:
            break
        for call, values in zip(calls, times, strict=True):
            before = time.perf_counter()
            step(call, inputs)
            values.append(time.perf_counter() - before)
    return [statistics.median(values[1:]) for values in times], len(times[0]) - 1


def peak_bytes(call: Call, inputs: Callable[[], Inputs], device: str) -> int:
    """Most memory that one forward and backward pass takes above what stands before it, the gradient included.

    It is the second pass: the first one sets up threads, tables and code pages, which stay.

    On a GPU as the allocator counts it. On a CPU as the kernel counts it, in a child process of its own for each call:
    the highest resident size, set back just before the call, less the resident size at that moment. There each block
    of 64 KiB or more has a mapping of its own, which goes back when freed: no leftover of an earlier block can hide a
    new one.
    """
    if device == "cuda":
        ready = inputs()
        step(call, ready)
        ready[0].grad = None
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step(call, ready)
        return torch.cuda.max_memory_allocated() - before
    context = multiprocessing.get_context("fork")  # the child has all libraries imported already
    receiver, sender = context.Pipe(duplex=False)

    def child() -> None:
        sender.send(_resident_peak(call, inputs()))

    process = context.Process(target=child)
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        raise RuntimeError("the process that measured memory died") from None
    finally:
        process.join()


def _resident_peak(call: Call, inputs: Inputs) -> int:
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_THRESHOLD, _OWN_MAPPING_FROM)
    step(call, inputs)
    inputs[0].grad = None
    libc.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    before = _status("VmRSS")
    step(call, inputs)
    return _status("VmHWM") - before


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
