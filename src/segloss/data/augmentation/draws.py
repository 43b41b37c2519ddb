"""Random amounts from torch's global generator."""

import torch
from torch import Tensor


def uniform(*shape: int) -> Tensor:
    """Uniform in [-1, 1]."""
    return torch.rand(shape).mul(2).sub(1)


def chosen(probability: float, *shape: int) -> Tensor:
    """1 with the probability, else 0; certain ones cost no draw."""
    return torch.ones(shape) if probability >= 1 else (torch.rand(shape) < probability).float()
