"""How a network computes: on what device, in what precision, and whether with the same bits every time."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from segloss.errors import InputError


def chosen_device() -> torch.device:
    """The GPU, if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def channels_last(images: Tensor) -> Tensor:
    """Images in the memory layout in which convolutions are fastest."""
    return images.contiguous(memory_format=torch.channels_last if images.ndim == 4 else torch.channels_last_3d)


def outputs_of(network: nn.Module, images: Tensor, *, mixed_precision: bool) -> Any:
    """What a network gives for images; on a GPU in half the memory, bfloat16, where the protocol says so.

    Losses and probabilities are computed in single precision all the same.
    """
    mixed = mixed_precision and images.device.type == "cuda"
    with torch.autocast(images.device.type, torch.bfloat16, enabled=mixed):
        return network(channels_last(images))


@contextmanager
def same_bits(wanted: bool) -> Iterator[None]:
    """The same bits from every run on a GPU too, if they are wanted, at the price of speed; on a CPU they always are.

    Raises:
        InputError: If an operation has no such form.
    """
    if not wanted:
        yield
        return
    # cuBLAS reads this when it is first used.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    except RuntimeError as error:
        if found := re.match(r"(\S+) does not have a deterministic implementation", str(error)):
            raise InputError(
                f"params.yaml: deterministic is true, and {found[1]} has no deterministic form on this device; "
                "expected false here."
            ) from error
        raise
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.backends.cudnn.benchmark = before[1]
