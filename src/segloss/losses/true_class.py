"""What a prediction says of the true class of each pixel: its cross entropy and its error."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# The smallest error is this many times the smallest number, so that its reciprocal times a gradient stays finite.
ROOM = 1e8


class TrueClass(torch.autograd.Function):
    r"""Cross entropy and logarithm of the error of each pixel, with one backward pass for both.

    .. math:: -\log p_{i, y_i}, \qquad \log (1 - p_{i, y_i}) = \log \sum_{j \ne y_i} p_{ij}

    The error is a sum, so that it keeps its digits where the true class is almost certain; below 1e-30 (1e-300 in
    float64) it counts as that much. What the backward pass needs are the probabilities of the other classes alone.
    First derivatives only.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        r"""Both (B, \*spatial), from logits (B, C, \*spatial) and labels (B, \*spatial)."""
        index = labels.unsqueeze(1)
        log_probs = torch.log_softmax(logits, dim=1)
        cross_entropy = -log_probs.gather(1, index).squeeze(1)
        others = log_probs.exp_().scatter_(1, index, 0)
        error = others.sum(1).clamp(min=ROOM * torch.finfo(others.dtype).tiny)
        ctx.save_for_backward(index, cross_entropy, others, error)
        ctx.set_materialize_grads(False)
        return cross_entropy, error.log()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cross_entropy_grad: Tensor | None, log_error_grad: Tensor | None) -> tuple[Tensor, None]:
        """d(-log p)/dz is p for another class and p - 1 for the true one; d log(1 - p)/dz is p / error - p and -p."""
        index, cross_entropy, others, error = ctx.saved_tensors
        of_others = torch.zeros_like(error) if cross_entropy_grad is None else cross_entropy_grad
        of_true = -of_others * error
        if log_error_grad is not None:
            of_others = of_others + log_error_grad * (1 / error - 1)
            of_true = of_true - log_error_grad * torch.exp(-cross_entropy)
        return (others * of_others.unsqueeze(1)).scatter_(1, index, of_true.unsqueeze(1)), None
