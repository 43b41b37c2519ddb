import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from segloss.settled_layout import settle


def drawn() -> Figure:
    """A figure of a part with two plots, a picture with a bar of colours, titles and a legend below."""
    fig = Figure(figsize=(6, 3), layout="constrained")
    body = fig.subfigures()
    left, middle, right = body.subplots(1, 3)
    left.plot([0, 1], label="a curve")
    middle.plot([1, 0])
    body.colorbar(right.imshow(np.eye(3)), ax=right)
    body.suptitle("A title")
    body.legend(loc="outside lower left")
    return fig


def pixels(fig: Figure) -> np.ndarray:
    """What a figure looks like."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="raw", dpi=100)
    return np.frombuffer(buffer.getvalue(), np.uint8).astype(int)


def svg(fig: Figure) -> str:
    """The drawing as text."""
    buffer = io.StringIO()
    with plt.rc_context({"svg.hashsalt": "salt"}):
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def test_a_settled_figure_looks_as_before():
    fig = drawn()
    settle(fig)
    assert np.mean(np.abs(pixels(fig) - pixels(drawn())) > 64) < 0.002


@pytest.fixture
def noisy(monkeypatch):
    """Layouts that differ by far less than a pixel from one to the next."""
    laid_out, noise = ConstrainedLayoutEngine.execute, iter(range(1, 100))

    def execute(self, fig):
        laid_out(self, fig)
        for axes in fig.axes:
            place = axes.get_position(original=True)
            axes._set_position(place.translated(next(noise) * 2e-9, 0))

    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", execute)


def test_the_noise_of_the_layout_does_not_reach_the_drawing(noisy):
    first, second = drawn(), drawn()
    settle(first)
    settle(second)
    assert svg(first) == svg(second)


def test_without_settling_it_would(noisy):
    assert svg(drawn()) != svg(drawn())


def test_a_figure_without_a_layout_stays_as_it_is():
    fig = Figure()
    axes = fig.add_axes((0.1234567, 0.1, 0.5, 0.5))
    settle(fig)
    assert axes.get_position().x0 == 0.1234567
