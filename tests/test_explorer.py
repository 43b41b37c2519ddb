"""The loss explorer: what its settings mean, what its panel shows, and when its sliders appear."""

import numpy as np
import pytest

from segloss import explorer, figures
from segloss.figures.explorer_data import Setting, explored
from segloss.losses import LOSSES
from segloss.report import Report, in_front_end


def values(**setting: float) -> dict[str, float]:
    return explored(Setting(**setting)).set_index("loss")["value"].to_dict()


@pytest.fixture
def displayed(monkeypatch):
    """What is shown beside the report's own figures."""
    shown = []
    monkeypatch.setattr(explorer, "display", shown.append)
    monkeypatch.setattr("segloss.report.display", lambda *_, **__: None)
    return shown


@pytest.fixture
def report(tmp_path):
    return Report("losses", "tour", None, str(tmp_path / "figures"), str(tmp_path / "tables"))


def test_the_masks_are_what_the_setting_says():
    scene = Setting(move_px=5, size=2, blur_px=0, lesion_percent=4).scene()
    truth, predicted = scene.labels.numpy() > 0, scene.probs.numpy() > 0.5
    assert truth.mean() == pytest.approx(0.04, abs=1e-3)
    assert predicted.sum() == pytest.approx(2 * truth.sum(), rel=0.02)
    centres = [np.argwhere(mask).mean(axis=0) for mask in (truth, predicted)]
    np.testing.assert_allclose(centres[1] - centres[0], (0, 5), atol=0.2)


def test_every_loss_answers_and_the_value_is_its_own():
    frame = explored(Setting())
    assert list(frame["loss"]) == list(LOSSES)
    scene = Setting().scene()
    p, g = scene.probs.numpy(), scene.labels.numpy()
    dice = 1 - 2 * (p * g).sum() / (p.sum() + g.sum())
    assert frame.set_index("loss").loc["dice", "value"] == pytest.approx(dice)


def test_once_the_masks_are_apart_only_losses_of_distance_see_how_far():
    near, far = (values(move_px=move, size=1, blur_px=0, lesion_percent=1) for move in (12, 24))
    assert far["dice"] == pytest.approx(near["dice"], rel=1e-3)
    assert far["cross_entropy"] == pytest.approx(near["cross_entropy"], rel=1e-3)
    assert far["boundary"] > 1.2 * near["boundary"]
    assert far["hausdorff_distance_transform"] > 1.2 * near["hausdorff_distance_transform"]


def test_the_panel_has_the_scene_and_the_value_of_every_loss():
    setting = Setting(move_px=3)
    panels = figures.explorer_panel(setting).axes[1:]
    assert [p.get_xlabel() for p in panels[: len(LOSSES)]] == [f"{v:.3g}" for v in values(move_px=3).values()]


def test_a_page_gets_the_panel_and_no_widget(report, displayed, tmp_path):
    assert not in_front_end()
    explorer.show(report)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"explorer.png", "explorer.csv"}
    assert displayed == []


def test_in_a_front_end_a_moved_slider_draws_a_new_panel(report, displayed, monkeypatch):
    monkeypatch.setattr(explorer, "in_front_end", lambda: True)
    monkeypatch.setattr(explorer, "picture", lambda setting: setting)
    explorer.show(report)
    *sliders, _ = displayed[-1].children
    assert [slider.value for slider in sliders] == [Setting().move_px, Setting().size, 2.0, 5.0]
    sliders[0].value = 11.0
    assert displayed[-1] == Setting(move_px=11.0)


def test_the_sliders_get_a_picture_of_any_size_of_lesion():
    assert explorer.picture(Setting(lesion_percent=40, size=4)).data.startswith(b"\x89PNG")
