"""Soft agreement tables: from logits and masks to the counts that region losses are made of."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# A longer sum of float32 numbers, as a matrix product adds them up, would lose digits.
SUMMED_AT_ONCE = 2**17


def confusion_matrix(probs: Tensor, target: Tensor) -> Tensor:
    r"""How much of class j is predicted where class k is true, (B, C, C), from p and g of shape (B, C, \*spatial)."""
    pieces = zip(probs.flatten(2).split(SUMMED_AT_ONCE, 2), target.flatten(2).split(SUMMED_AT_ONCE, 2), strict=True)
    matrices = [torch.bmm(p, g.mT) for p, g in pieces]
    return matrices[0] if len(matrices) == 1 else torch.stack(matrices).sum(0)


def cells(matrix: Tensor) -> Tensor:
    """TP, FP, FN and TN of each class, (4, B, C), from a confusion matrix (B, predicted, true)."""
    others = _others(matrix)
    both = torch.stack([matrix, matrix @ others])  # class j predicted where class k is true, and where it is not
    return torch.cat([both.diagonal(0, 2, 3), (both * others).sum(2)])


def _cells_backward(grad: Tensor) -> Tensor:
    """Gradient of the confusion matrix, given that of its :func:`cells`: their sums, transposed."""
    others = _others(grad)
    matrix, elsewhere = torch.diag_embed(grad[:2]).addcmul_(grad[2:].unsqueeze(2), others)
    return matrix + elsewhere @ others


def _others(like: Tensor) -> Tensor:
    """0 on the diagonal and 1 elsewhere, (C, C)."""
    return 1 - torch.eye(like.shape[-1], dtype=like.dtype, device=like.device)


class Agreement(torch.autograd.Function):
    r"""Probabilities and soft counts, with one backward pass for both.

    .. math:: p = \mathrm{softmax}(z), \qquad M_{jk} = \sum_i p_{ij}\, g_{ik}

    M holds how much of class j is predicted where class k is true; the counts are sums of its entries. The backward
    pass needs the probabilities and the masks alone, and writes the gradient of the logits over its only intermediate:
    that is what makes region losses cost little more than the softmax. First derivatives only.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities (B, C, *spatial) and soft counts (4, B, C)."""
        probs = torch.softmax(logits, dim=1)
        ctx.save_for_backward(probs, target)
        ctx.set_materialize_grads(False)
        return probs, cells(confusion_matrix(probs, target))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, probs_grad: Tensor | None, counts_grad: Tensor | None) -> tuple[Tensor | None, None]:
        """dL/dz = p (w - sum_c p_c w_c), where w is the gradient of the probabilities."""
        probs, target = ctx.saved_tensors
        if counts_grad is None:
            if probs_grad is None:
                return None, None
            return torch.ops.aten._softmax_backward_data(probs_grad, probs, 1, probs.dtype), None
        with torch.autocast(probs.device.type, enabled=False):
            grad = torch.bmm(_cells_backward(counts_grad), target.flatten(2)).view_as(probs)
        if probs_grad is not None:
            grad += probs_grad
        return torch.ops.aten._softmax_backward_data.out(grad, probs, 1, probs.dtype, grad_input=grad), None


@dataclass(frozen=True)
class Counts:
    """Soft counts of the agreement table, in pixels, each of shape (B, C).

    With probabilities p and masks g over the counted pixels of one sample and class:
    TP = sum p g, FP = sum p (1 - g), FN = sum (1 - p) g, TN = sum (1 - p)(1 - g).
    All four are sums of terms that are not negative, so that small ones keep their digits.
    """

    tp: Tensor
    fp: Tensor
    fn: Tensor
    tn: Tensor

    @property
    def predicted(self) -> Tensor:
        """P = TP + FP."""
        return self.tp + self.fp

    @property
    def true(self) -> Tensor:
        """G = TP + FN; the same whatever is predicted, hence without gradient."""
        return self.tp.detach() + self.fn.detach()

    @property
    def pixels(self) -> Tensor:
        """N, all counted pixels."""
        return self.true + self.rest

    @property
    def rest(self) -> Tensor:
        """N - G, the pixels of other classes."""
        return self.fp.detach() + self.tn.detach()
