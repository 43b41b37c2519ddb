from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_erosion, distance_transform_edt

from segloss import figures
from segloss.figures import boundary_values as values
from segloss.statistics import Results


def texts(figure):
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


@pytest.fixture
def mask():
    rows, columns = np.mgrid[:24, :24]
    return np.hypot(rows - 11, columns - 13) <= 6


def recalls(arms):
    """Recall of small lesions of four scans; no scan has a large one."""
    columns = ["dataset", "arm", "fold", "case", "class", "metric", "value"]
    rows = [
        ("wmh2017", arm, 0, f"s{scan}", "lesion", f"lesion_recall_{group}", value)
        for arm in arms
        for group, recall in {"small": [0.2, 0.4, 0.6, np.nan], "large": [np.nan] * 4}.items()
        for scan, value in enumerate(recall)
    ]
    facts = {"kind": "phantom", "title": "WMH 2017", "arms": dict.fromkeys(arms)}
    return Results(pd.DataFrame(rows, columns=columns), pd.DataFrame(), {"wmh2017": facts})


def test_the_ratio_of_the_two_views_is_linear_in_the_motion():
    discs = values.moved_discs([5, 20], [-5, 0, 5])
    assert list(zip(discs["radius"], discs["move"], strict=True)) == [(5, 5), (20, -5), (20, 5)]
    assert discs["ratio"].to_numpy() == pytest.approx(1 + 2 * discs["move"] / (3 * discs["radius"]), abs=1e-6)


def test_the_level_set_is_the_signed_distance_to_the_border(mask):
    border = mask & ~binary_erosion(mask)
    expected = distance_transform_edt(~border) * np.where(mask, -1, 1)
    maps = values.level_sets(mask)
    assert maps["level set φ"] == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(maps["as the code has it"], np.trunc(maps["as the code has it"]))


def test_as_alpha_falls_the_gradient_turns_into_the_level_set(mask):
    maps = values.gradients_by_alpha(np.where(mask, 0.8, 0.2), mask, alphas=[1, 0])
    assert len(np.unique(maps["α = 1"].round(9))) == 2
    assert maps["α = 0"] == pytest.approx(values.level_sets(mask)["level set φ"], abs=1e-5)


def test_a_lesion_of_two_by_two_pixels_is_worth_nothing_to_the_boundary_loss():
    objects = values.small_objects([1, 2, 3]).set_index("object (px)")
    assert list(objects["perfect prediction"]) == [0, 0, -1]
    assert list(objects["pixels without gradient"]) == [1, 4, 8]


def test_the_weights_fall_in_half_of_the_training_and_stay():
    spec = {"reweighted": {"generalized_dice": [1, 0.01], "boundary": [0, 0.99]}, "until": 0.5}
    weights = values.weights_by_epoch({"falling": spec, "alone": {"boundary": 1.0}}, epochs=200)
    falling = weights[weights["schedule"] == "falling"].set_index("epoch")
    assert falling["generalized_dice"][[1, 2, 100, 200]].to_list() == pytest.approx([1, 0.99, 0.01, 0.01])
    assert (falling["generalized_dice"] + falling["boundary"]).to_numpy() == pytest.approx(1)
    assert set(weights.loc[weights["schedule"] == "alone", "generalized_dice"]) == {0}


def test_what_has_no_weights_is_no_schedule():
    with pytest.raises(ValueError, match="turns is no weighted sum"):
        values.weights_by_epoch({"turns": {"two_phase": ["dice", "boundary"], "switch": 0.5}}, epochs=2)


def test_each_map_has_a_panel_with_zero_in_the_middle_of_its_colours(mask):
    figure = figures.level_set_maps([mask * 1.0], [mask], [values.level_sets(mask)])
    maps = [axes.images[0] for axes in figure.axes if axes.images and axes.get_title(loc="center") != "phantom, truth"]
    assert [float(drawn.norm(0)) for drawn in maps] == [0.5] * 3
    assert all(drawn.norm.vmin == pytest.approx(drawn.get_array().min()) for drawn in maps)


def test_recall_is_drawn_for_the_groups_that_some_scan_has():
    arms = ["generalized_dice", "generalized_dice_plus_boundary"]
    groups = {"small": "small, below 1 ml", "large": "large, 1 ml or more"}
    figure = figures.recall_by_group(recalls(arms), "wmh2017", arms, groups)
    assert "small\nbelow 1 ml\n3 scans" in texts(figure)
    assert "large\n1 ml or more\n0 scans" in texts(figure)
    points = [container.lines[0].get_ydata() for container in figure.axes[0].containers]
    assert [list(ys) for ys in points] == [[pytest.approx(0.4)], [pytest.approx(0.4)]]


def test_a_single_scan_is_counted_in_the_singular():
    results = recalls(["boundary"])
    one = replace(results, metrics=results.metrics.query("case == 's0'"))
    figure = figures.recall_by_group(one, "wmh2017", ["boundary"], {"small": "small, below 1 ml"})
    assert "small\nbelow 1 ml\n1 scan" in [text.get_text() for text in figure.axes[0].get_xticklabels()]


def test_recall_says_so_where_no_lesions_were_counted():
    figure = figures.recall_by_group(recalls([]), "wmh2017", ["boundary"], {"small": "small, below 1 ml"})
    assert "No lesions were counted" in texts(figure)
