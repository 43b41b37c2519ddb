"""Weighted sums, schedules, and specifications as they stand in params.yaml."""

from typing import Any

import pytest
import torch

from segloss.losses import LOSSES, Quantities, build_loss

LOGITS, LABELS = torch.randn(2, 1, 9), torch.randint(0, 2, (2, 9))


def test_a_weighted_sum_is_the_sum_of_weighted_terms() -> None:
    value = build_loss({"cross_entropy": 0.3, "dice": {"weight": 2.0, "smooth": 1.0}})(LOGITS, LABELS)
    expected = 0.3 * build_loss("cross_entropy")(LOGITS, LABELS) + 2 * build_loss("dice", smooth=1.0)(LOGITS, LABELS)
    torch.testing.assert_close(value, expected)


def test_the_terms_of_a_sum_share_one_set_of_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    count = Quantities._count
    monkeypatch.setattr(Quantities, "_count", lambda self, *args: calls.append(1) or count(self, *args))
    build_loss({"dice": 1.0, "kappa": 1.0})(LOGITS, LABELS)
    assert len(calls) == 1


def test_two_phases_switch_at_their_share_of_the_epochs() -> None:
    loss = build_loss({"two_phase": ["cross_entropy", "kappa"], "switch": 0.5})
    phases = []
    for epoch in range(100):
        loss.set_epoch(epoch, 100)
        phases.append(loss.phase)
    assert phases == ["cross_entropy"] * 50 + ["kappa"] * 50


def test_each_phase_has_the_value_of_its_loss() -> None:
    loss = build_loss({"two_phase": ["dice", "cross_entropy"], "switch": 0.25})
    for epoch, name in ((0, "dice"), (1, "cross_entropy")):
        loss.set_epoch(epoch, 4)
        torch.testing.assert_close(loss(LOGITS, LABELS), build_loss(name)(LOGITS, LABELS))


def test_schedules_nest() -> None:
    loss = build_loss(
        {"two_phase": [{"two_phase": ["dice", "kappa"], "switch": 0.5}, {"cross_entropy": 1, "dice": 1}], "switch": 0.5}
    )
    phases = []
    for epoch in range(8):
        loss.set_epoch(epoch, 8)
        phases.append(loss.phase)
    assert phases == ["dice"] * 2 + ["kappa"] * 2 + ["cross_entropy_plus_dice"] * 4


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("dise", "unknown loss 'dise'.*cross_entropy, dice, kappa"),
        ({"dice": {"smoth": 1}}, "no option 'smoth'.*smooth"),
        ({}, "at least one term"),
        ({"two_phase": ["dice"], "switch": 0.5}, "two losses, got 1"),
        ({"two_phase": ["dice", "kappa"], "switch": 1.0}, "between 0 and 1, got 1.0"),
    ],
)
def test_a_wrong_specification_is_refused(spec: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_loss(spec)


def test_options_beside_a_sum_are_refused() -> None:
    with pytest.raises(ValueError, match="got smooth beside it"):
        build_loss({"dice": 1.0}, smooth=1.0)


@pytest.mark.parametrize("name", LOSSES)
def test_every_docstring_has_the_same_sections(name: str) -> None:
    text = LOSSES[name].__doc__ or ""
    sections = [".. math::", "Regions:", "Args:", "Returns:", "Reference:", "Example:"]
    positions = [text.find(section) for section in sections]
    assert -1 not in positions
    assert positions == sorted(positions)
