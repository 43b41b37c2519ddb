"""Learning rates over the epochs, against PyTorch's own schedulers."""

import pytest
import torch

from segloss.errors import InputError
from segloss.training.schedules import learning_rate

DICE = [0.1, 0.3, 0.2, 0.3, 0.29, 0.31, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]


def optimiser() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)


def test_a_constant_rate_stays() -> None:
    assert {learning_rate(0.5, {"name": "constant"}, DICE[:n], 12) for n in range(12)} == {0.5}


def test_the_poly_rate_is_that_of_pytorch() -> None:
    reference = optimiser()
    scheduler = torch.optim.lr_scheduler.PolynomialLR(reference, total_iters=12, power=0.9)
    for epoch in range(12):
        ours = learning_rate(0.5, {"name": "poly", "power": 0.9}, DICE[:epoch], 12)
        assert ours == pytest.approx(reference.param_groups[0]["lr"], rel=1e-9)
        reference.step()
        scheduler.step()


def test_the_plateau_rate_is_that_of_pytorch() -> None:
    reference = optimiser()
    # PyTorch acts when the patience is exceeded, the paper when so many epochs brought nothing.
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, mode="max", factor=0.5, patience=2, threshold=0)
    rates = []
    for epoch in range(12):
        ours = learning_rate(0.5, {"name": "plateau", "factor": 0.5, "patience": 0.25}, DICE[:epoch], 12)
        rates.append(ours)
        assert ours == pytest.approx(reference.param_groups[0]["lr"])
        scheduler.step(DICE[epoch])
    assert min(rates) < 0.5


def test_the_plateau_rate_never_falls_below_its_lowest() -> None:
    reference = optimiser()
    settings = {"mode": "max", "factor": 0.1, "patience": 0, "threshold": 0, "min_lr": 0.5 * 0.02}
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, **settings)
    schedule = {"name": "plateau", "factor": 0.1, "patience": 0.01, "lowest": 0.02}
    for epoch in range(12):
        ours = learning_rate(0.5, schedule, DICE[:epoch], 12)
        assert ours == pytest.approx(reference.param_groups[0]["lr"])
        scheduler.step(DICE[epoch])
    assert ours == pytest.approx(0.01)


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(InputError, match="schedule 'cosine', expected constant, poly or plateau"):
        learning_rate(0.5, {"name": "cosine"}, DICE, 12)
