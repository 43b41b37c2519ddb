import numpy as np
import pytest
import torch

from segloss.course.training import train_on_tiny_lesions


@pytest.fixture(scope="module")
def lesson():
    """Three short trainings, two of which have the same loss."""
    losses = {"balanced": "balanced_cross_entropy", "focal": "focal", "focal again": "focal"}
    return train_on_tiny_lesions(losses, steps=10)


def rows(lesson, loss):
    return lesson.progress.query("loss == @loss").drop(columns="loss").reset_index(drop=True)


def test_networks_with_the_same_loss_learn_the_same(lesson):
    assert rows(lesson, "focal").equals(rows(lesson, "focal again"))
    assert np.array_equal(lesson.probs["focal"], lesson.probs["focal again"])


def test_networks_with_another_loss_start_alike_and_part(lesson):
    (before, after), (other_before, other_after) = (rows(lesson, loss).to_numpy() for loss in ("balanced", "focal"))
    assert np.array_equal(before, other_before)
    assert after[1] != other_after[1]


def test_every_picture_has_one_spot_of_four_pixels(lesson):
    assert lesson.pictures.shape == lesson.masks.shape == lesson.probs["focal"].shape
    assert (lesson.masks.sum(axis=(1, 2)) == 4).all()


def test_the_last_look_is_that_of_the_probabilities_at_the_end(lesson):
    probs, last = lesson.probs["balanced"], rows(lesson, "balanced").iloc[-1]
    assert last["step"] == 10
    assert last["inside"] == pytest.approx(probs[lesson.masks].mean(), abs=1e-5)
    assert last["outside"] == pytest.approx(probs[~lesson.masks].mean(), abs=1e-5)
    assert last["found"] == pytest.approx((probs[lesson.masks] > 0.5).mean())
    assert last["false_pixels"] == pytest.approx(
        np.mean([(p[~m] > 0.5).sum() for p, m in zip(probs, lesson.masks, strict=True)])
    )


def test_the_number_of_threads_comes_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train_on_tiny_lesions({"focal": "focal"}, steps=0)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.slow
def test_in_a_hundred_steps_the_balanced_loss_finds_the_spots_at_a_price_and_the_cross_entropy_finds_none():
    losses = {"balanced": "balanced_cross_entropy", "cross entropy": "cross_entropy"}
    last = train_on_tiny_lesions(losses).progress.query("step == 100").set_index("loss")
    assert last.loc["balanced", "found"] > 0.8
    assert last.loc["balanced", "false_pixels"] > 20
    assert last.loc["cross entropy", "found"] == 0
    assert last.loc["cross entropy", "outside"] < 0.01
