"""Weighted sums, schedules, and specifications as they stand in params.yaml."""

from typing import Any

import pytest
import torch

from segloss.losses import LOSSES, SECONDARY_SOURCES, build_loss

LOGITS, LABELS = torch.randn(2, 1, 9), torch.randint(0, 2, (2, 9))


def test_a_weighted_sum_is_the_sum_of_weighted_terms() -> None:
    value = build_loss({"cross_entropy": 0.3, "dice": {"weight": 2.0, "smooth": 1.0}})(LOGITS, LABELS)
    expected = 0.3 * build_loss("cross_entropy")(LOGITS, LABELS) + 2 * build_loss("dice", smooth=1.0)(LOGITS, LABELS)
    torch.testing.assert_close(value, expected)


def test_the_terms_of_a_sum_share_one_set_of_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    softmax = torch.softmax
    monkeypatch.setattr(torch, "softmax", lambda *args, **options: calls.append(1) or softmax(*args, **options))
    build_loss({"dice": 1.0, "kappa": 1.0, "boundary": 1.0})(LOGITS, LABELS)
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
        ("dise", "unknown loss 'dise'; the losses are cross_entropy, .*, dice, .*kappa"),
        ({"dice": {"smoth": 1}}, "no option 'smoth'.*smooth"),
        ({}, "at least one term, got {}"),
        (5, "a name or a mapping with at least one term, got 5"),
        ({"dice": [1, 2]}, r"weight of dice must be a finite number, got \[1, 2\]"),
        ({"dice": float("nan")}, "weight of dice must be a finite number, got nan"),
        ({"weighted_cross_entropy": 1.0}, "needs a value for positive_weight"),
        ({"two_phase": ["dice"], "switch": 0.5}, r"list of two losses, got \['dice'\]"),
        ({"two_phase": ["dice", "kappa"], "swich": 0.5}, "keys two_phase, switch, got two_phase, swich"),
        ({"reweighted": {"dice": 1.0}, "until": 1.0}, "first and a last weight, got 1.0 for dice"),
        ({"reweighted": {"dice": [1, 0]}, "until": 0}, r"\(0, 1\], got 0"),
        ({"reweighted": ["dice"], "until": 1}, r"mapping of names to two weights, got \['dice'\]"),
        ({"two_phase": ["dice", "kappa"], "switch": 1.0}, "between 0 and 1, got 1.0"),
    ],
)
def test_a_wrong_specification_is_refused(spec: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_loss(spec)


def test_options_beside_a_sum_are_refused() -> None:
    with pytest.raises(ValueError, match="got smooth beside it"):
        build_loss({"dice": 1.0}, smooth=1.0)


def test_weights_go_in_a_straight_line_and_then_stay() -> None:
    loss = build_loss({"reweighted": {"dice": [1.0, 0.0], "kappa": {"weight": [0.0, 0.5]}}, "until": 0.5})
    weights = []
    for epoch in range(8):
        loss.set_epoch(epoch, 8)
        weights.append((loss.weights["dice"], loss.weights["kappa"]))
    dice = [1, 2 / 3, 1 / 3, 0, 0, 0, 0, 0]
    assert weights == [pytest.approx((w, (1 - w) / 2)) for w in dice]


def test_the_boundary_schedule_of_100_epochs_falls_by_a_hundredth_each() -> None:
    loss = build_loss({"reweighted": {"generalized_dice": [1.0, 0.01], "boundary": [0.0, 0.99]}, "until": 1.0})
    for epoch in (0, 1, 50, 99):
        loss.set_epoch(epoch, 100)
        assert loss.weights["generalized_dice"] == pytest.approx(1 - 0.01 * epoch)


def test_a_reweighted_loss_has_the_value_of_its_present_weights() -> None:
    loss = build_loss({"reweighted": {"dice": [1.0, 0.2], "kappa": [0.0, 0.8]}, "until": 1.0})
    loss.set_epoch(1, 2)
    expected = build_loss({"dice": 0.2, "kappa": 0.8})(LOGITS, LABELS)
    torch.testing.assert_close(loss(LOGITS, LABELS), expected)


def test_schedules_hand_the_distance_maps_on() -> None:
    maps = torch.randn(2, 1, 9)
    loss = build_loss({"two_phase": ["boundary", "dice"], "switch": 0.5})
    expected = (maps * LOGITS.sigmoid()).mean()
    torch.testing.assert_close(loss(LOGITS, LABELS, distance=maps), expected)


def test_a_loss_says_secondary_source_if_and_only_if_the_registry_does() -> None:
    saying = {name for name, loss in LOSSES.items() if "Secondary source:" in " ".join((loss.__doc__ or "").split())}
    assert saying == set(SECONDARY_SOURCES)
