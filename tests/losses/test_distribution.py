"""Cross entropy against PyTorch's own."""

import pytest
import torch
from torch.nn import functional

from segloss.losses import build_loss


def test_cross_entropy_is_pytorchs() -> None:
    logits, labels = torch.randn(2, 4, 7, 5, dtype=torch.float64), torch.randint(0, 4, (2, 7, 5))
    torch.testing.assert_close(build_loss("cross_entropy")(logits, labels), functional.cross_entropy(logits, labels))


def test_binary_cross_entropy_is_pytorchs() -> None:
    logits, labels = torch.randn(2, 1, 7, 5, dtype=torch.float64), torch.randint(0, 2, (2, 7, 5))
    expected = functional.binary_cross_entropy_with_logits(logits[:, 0], labels.double())
    torch.testing.assert_close(build_loss("cross_entropy")(logits, labels), expected)


def test_a_certain_error_costs_its_logit() -> None:
    loss = build_loss("cross_entropy")(torch.full((1, 1, 4), 25.0), torch.zeros(1, 4, dtype=torch.long))
    assert loss.item() == pytest.approx(25)
