"""What a prediction says of the true class of each pixel: its cross entropy and its error."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from segloss.losses.counts import SUMMED_AT_ONCE

# Times the smallest number: the smallest error with a logarithm, so that its reciprocal times a gradient stays finite.
SMALLEST_ERROR = 1e8


class CrossEntropySum(torch.autograd.Function):
    r"""The sum of the cross entropy over all pixels.

    .. math:: L = -\sum_{i, c} g_{ic} \log p_{ic}, \qquad \frac{\partial L}{\partial z} = p - g

    Products with the masks, which use all of a CPU, in place of PyTorch's look-up of the true class, which does not.
    First derivatives only.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: Tensor) -> Tensor:
        r"""Scalar, from logits and masks (B, C, \*spatial)."""
        log_probs = torch.log_softmax(logits, dim=1)
        ctx.save_for_backward(log_probs, target)
        rows = [values.flatten(2).flatten(0, 1).unsqueeze(1) for values in (log_probs, target)]
        pieces = zip(*(row.split(SUMMED_AT_ONCE, 2) for row in rows), strict=True)
        return -torch.stack([torch.bmm(log_p, g.mT).sum() for log_p, g in pieces]).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, total_grad: Tensor) -> tuple[Tensor, None]:
        """dL/dz = p - g, and 0 where a pixel has no true class."""
        log_probs, target = ctx.saved_tensors
        grad = torch.ops.aten._log_softmax_backward_data(target, log_probs, 1, log_probs.dtype)  # g - p
        return grad.mul_(-total_grad), None


class TrueClass(torch.autograd.Function):
    r"""Cross entropy and error of each pixel, with one backward pass for both.

    .. math:: -\log p_{i, y_i}, \qquad e_i = 1 - p_{i, y_i} = \sum_{j \ne y_i} p_{ij}

    The error is a sum, so that it keeps its digits where the true class is almost certain. The derivatives of both by
    the logits are multiples of p - g, whose value at the true class is that error too. First derivatives only.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        r"""Both (B, \*spatial), from logits and masks (B, C, \*spatial); 0 and 1 where a pixel has no true class."""
        log_probs = torch.log_softmax(logits, dim=1)
        cross_entropy = (log_probs * target).sum(1).neg_()
        probs = log_probs.exp_()
        others = probs.addcmul_(probs, target, value=-1)
        error = others.sum(1)
        difference = others.addcmul_(target, error.unsqueeze(1), value=-1)  # p - g
        ctx.save_for_backward(difference, cross_entropy)
        ctx.set_materialize_grads(False)
        return cross_entropy, error

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cross_entropy_grad: Tensor | None, error_grad: Tensor | None) -> tuple[Tensor | None, None]:
        """d(-log p)/dz = p - g of all classes and de/dz = p_true (p - g)."""
        difference, cross_entropy = ctx.saved_tensors
        grad = cross_entropy_grad
        if error_grad is not None:
            grad = error_grad * torch.exp(-cross_entropy)
            grad = grad if cross_entropy_grad is None else grad.add_(cross_entropy_grad)
        return None if grad is None else difference * grad.unsqueeze(1), None
