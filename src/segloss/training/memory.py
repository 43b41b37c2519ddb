"""Memory that does not suffice, on a GPU or beside it: a fault, said in one sentence that names what to lower."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from segloss.errors import InputError
from segloss.training.settings import Settings

# How the allocators of PyTorch, and the libraries that it calls, say it where there is no exception of its own for it.
OUT_OF_MEMORY = re.compile(r"out of memory|DefaultCPUAllocator|ALLOC_FAILED", re.IGNORECASE)


@contextmanager
def memory_faults(run: str, settings: Settings) -> Iterator[None]:
    """Say which settings of ``run`` to lower where its memory does not suffice.

    Raises:
        InputError: If it does not.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not OUT_OF_MEMORY.search(str(error)):
            raise
        whose = "GPU" if isinstance(error, torch.OutOfMemoryError) else "machine"
        raise InputError(
            f"{run}: the memory of the {whose} does not suffice; lower {_lowered(settings)} in params.yaml."
        ) from error


def _lowered(settings: Settings) -> str:
    """The settings that memory depends on, what changes the results least first, and their present values."""
    at_once = "no limit" if math.isinf(settings.voxels_at_once) else f"{settings.voxels_at_once:.0f}"
    size = f"patch ({'x'.join(map(str, settings.patch))})" if settings.patch else "the scale's max_image_size"
    return f"voxels_at_once (now {at_once}), batch_size ({settings.batch_size}) or {size}"
