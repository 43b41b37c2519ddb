import numpy as np
import pytest
import torch

from segloss import figures
from segloss.live_training import LESION_SHARE, SIZE, one_thread, phantoms, train_live


@pytest.fixture(scope="module")
def training():
    """Twenty-four steps: enough to see the network move."""
    return train_live(["cross_entropy", "dice"], steps=24, look_every=12)


def test_the_same_call_gives_the_same_numbers(training):
    again = train_live(["cross_entropy", "dice"], steps=24, look_every=12)
    for run, same in zip(training.runs, again.runs, strict=True):
        assert run.dice == same.dice
        np.testing.assert_array_equal(run.probs, same.probs)


def test_the_runs_differ_in_nothing_but_the_loss(training):
    first, second = training.runs
    np.testing.assert_array_equal(first.probs[0], second.probs[0])
    assert np.abs(first.probs[-1] - second.probs[-1]).max() > 0.01


def test_every_run_learns(training):
    assert [run.steps for run in training.runs] == [[0, 12, 24]] * 2
    assert all(run.dice[-1] > run.dice[0] + 0.02 for run in training.runs)


def test_the_phantoms_are_those_of_the_lesson(training):
    images, labels = phantoms(range(3))
    assert images.shape == (3, 3, SIZE, SIZE)
    assert (images.min() >= 0) & (images.max() <= 1)
    np.testing.assert_allclose(labels.double().mean((1, 2)), LESION_SHARE, atol=0.01)


def test_afterwards_torch_has_as_many_threads_as_before():
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_the_curves_are_the_numbers_of_the_runs(training):
    lines = figures.live_training_curves(training).axes[0].lines
    assert [list(line.get_ydata()) for line in lines] == [run.dice for run in training.runs]


def test_the_pictures_show_phantom_and_probabilities_of_both_losses(training):
    panels = np.array(figures.live_training_pictures(training).axes, dtype=object).reshape(2, -1)
    np.testing.assert_array_equal(panels[1, 0].images[0].get_array(), training.image)
    for run, row in zip(training.runs, panels, strict=True):
        np.testing.assert_array_equal(row[-1].images[0].get_array(), run.probs[-1])
