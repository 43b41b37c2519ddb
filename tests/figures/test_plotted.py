"""The numbers of a figure are those that were drawn."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from segloss.figures import distribution_per_arm, training_curves
from segloss.figures.plotted import heads, plotted
from segloss.figures.relatives import family_graph
from segloss.report import Report


@pytest.fixture
def axes():
    """The axes of an empty figure."""
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def rows(axes) -> list[dict]:
    return plotted(axes.figure).to_dict("records")


def test_a_line_gives_its_points_with_its_label_and_the_names_of_both_axes(axes):
    axes.plot([1, 2], [0.123456789, 4], label="Dice")
    axes.set(xlabel="epoch", ylabel="loss", title="Fold 0")
    head = {"panel": "Fold 0", "x_axis": "epoch", "y_axis": "loss", "series": "Dice", "mark": "line"}
    assert rows(axes) == [{**head, "x": 1.0, "y": 0.12346}, {**head, "x": 2.0, "y": 4.0}]


def test_points_and_diamonds_are_told_apart(axes):
    axes.scatter([1, 2], [3, 4])
    axes.plot([5], [6], "D")
    assert plotted(axes.figure)[["mark", "x", "y"]].to_numpy().tolist() == [
        ["diamond", 5.0, 6.0],
        ["point", 1.0, 3.0],
        ["point", 2.0, 4.0],
    ]


def test_bars_give_their_height_or_their_length(axes):
    axes.bar([0, 1], [3, 5], label="upright")
    axes.barh([10], [7], label="lying")
    assert plotted(axes.figure)[["series", "x", "y"]].to_numpy().tolist() == [
        ["upright", 0.0, 3.0],
        ["upright", 1.0, 5.0],
        ["lying", 7.0, 10.0],
    ]


def test_error_bars_give_both_ends_in_both_directions(axes):
    axes.errorbar([1, 2], [10, 20], xerr=[[0.1, 0.2], [0.3, 0.4]], yerr=[[1, 2], [3, 4]], fmt="o", label="ours")
    frame = plotted(axes.figure)
    assert frame[["x_low", "x_high"]].to_numpy().tolist() == [[0.9, 1.3], [1.8, 2.4]]
    assert frame[["y_low", "y_high"]].to_numpy().tolist() == [[9.0, 13.0], [18.0, 24.0]]
    assert set(frame["series"]) == {"ours"}
    assert len(frame) == 2


def test_two_points_at_one_place_keep_their_own_error_bars_and_a_missing_point_none(axes):
    axes.errorbar([1, 1, 2], [10, 20, np.nan], yerr=[1, 2, 3], fmt="o")
    assert plotted(axes.figure)[["y_low", "y_high"]].to_numpy().tolist() == [[9.0, 11.0], [18.0, 22.0]]


def test_lines_from_end_to_end_and_bars_without_a_point_give_their_ends(axes):
    axes.hlines([1, 2], [0.1, 0.2], [0.3, 0.4])
    axes.errorbar([5], [6], yerr=[1], fmt="none")
    assert plotted(axes.figure)[["x", "y"]].to_numpy().tolist() == [
        *([0.1, 1], [0.3, 1], [0.2, 2], [0.4, 2]),
        *([5, 5], [5, 7]),
    ]


def test_a_band_along_the_other_axis_gives_its_ends_along_x(axes):
    axes.fill_betweenx([0, 1], [2, 3], [4, 6])
    frame = plotted(axes.figure)
    assert frame[["y", "x_low", "x_high"]].to_numpy().tolist() == [[0, 2, 4], [1, 3, 6]]


def test_a_band_becomes_the_ends_of_the_line_of_its_colour(axes):
    axes.plot([0, 1, 2], [5, 6, 7], color="#D55E00", label="Kappa")
    axes.fill_between([0, 1, 2], [4, 5, 6], [6, 7, 9], color="#D55E00", alpha=0.2, linewidth=0)
    axes.legend()
    frame = plotted(axes.figure)
    assert frame["mark"].tolist() == ["line"] * 3
    assert frame[["y", "y_low", "y_high"]].to_numpy().tolist() == [[5, 4, 6], [6, 5, 7], [7, 6, 9]]


def test_a_series_without_a_label_has_the_name_of_its_look_in_the_legend_of_the_figure(axes):
    for style, height in (("-", 1), ("--", 2)):
        axes.plot([0, 1], [height, height], style, color="black")
    handles = [plt.Line2D([], [], color="black", linestyle=style) for style in ("-", "--")]
    axes.figure.legend(handles, ["right", "as printed"])
    assert [(row["series"], row["y"]) for row in rows(axes)[::2]] == [("right", 1.0), ("as printed", 2.0)]


def test_a_place_on_an_axis_of_names_is_given_by_its_name(axes):
    axes.plot([0.5, 0.7], [0, 1.2], "o")
    axes.set_yticks([0, 1], ["Dice loss", "Kappa\nloss"])
    assert [row["y"] for row in rows(axes)] == ["Dice loss", "Kappa loss"]


def test_ticks_that_only_write_a_number_in_another_way_stay_numbers(axes):
    axes.plot([0.001, 0.5], [0, 1], "o")
    axes.set_xscale("log")
    axes.set_xticks([0.001, 0.5], ["0.1 %", "50 %"])
    assert [row["x"] for row in rows(axes)] == [0.001, 0.5]


def test_a_table_of_colours_gives_what_its_cells_say(axes):
    axes.imshow([[1, 2], [3, 4]])
    for x, y, text in ((0, 0, "1.0"), (1, 1, "4.0")):
        axes.text(x, y, text)
    axes.set_xticks([0, 1], ["50 %", "10 %"])
    axes.set_yticks([0, 1], ["Dice", "Focal"])
    found = [(row["y"], row["x"], row["text"]) for row in rows(axes)]
    assert found == [("Dice", "50 %", "1.0"), ("Focal", "10 %", "4.0")]


def test_guides_across_the_axes_are_no_data(axes):
    axes.axhline(0)
    axes.axvline(3)
    axes.axvspan(0, 1)
    assert rows(axes) == []


def test_pictures_and_diagrams_have_no_numbers(axes):
    axes.imshow(np.zeros((4, 4)))
    axes.plot([1, 2], [1, 2])
    assert rows(axes) == []
    assert plotted(family_graph()).empty


def test_panels_that_share_an_axis_share_its_name():
    figure, panels = plt.subplots(1, 2, sharey=True)
    panels[0].set_ylabel("Dice")
    panels[1].plot([0, 1], [2, 3])
    assert plotted(figure)[["panel", "y_axis"]].drop_duplicates().to_numpy().tolist() == [["2", "Dice"]]
    plt.close(figure)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_thinned_curve_is_nowhere_farther_than_a_thousandth_of_the_axes_from_the_drawn_one(axes, scale):
    x = np.linspace(0.01, 10, 1000)
    axes.plot(x, np.exp(-x))
    axes.set_yscale(scale)
    frame = plotted(axes.figure)
    to_axes = axes.transData - axes.transAxes
    drawn, kept = to_axes.transform(np.column_stack([x, np.exp(-x)])), to_axes.transform(frame[["x", "y"]].to_numpy())
    # Many places on the kept line, evenly spread over its corners.
    steps = np.linspace(0, len(kept) - 1, 20000)
    line = np.column_stack([np.interp(steps, range(len(kept)), kept[:, k]) for k in range(2)])
    nearest = np.array([np.hypot(*(line - place).T).min() for place in drawn])
    assert nearest.max() < 1.1e-3
    assert len(frame) < 100


def test_a_cloud_is_sampled_and_says_so(axes):
    axes.scatter(range(1000), range(1000))
    frame = plotted(axes.figure)
    assert frame["x"].tolist() == list(range(0, 1000, 5))
    assert set(frame["mark"]) == {"point, 1 of 5"}


def test_a_distribution_gives_each_case_and_each_mean_once(results):
    frame = plotted(distribution_per_arm(results, "isic2016"))
    kappa = frame[frame["y"] == "Kappa"]
    cases = results.metrics.query("arm == 'kappa' and metric == 'dice'")["value"]
    points = kappa.loc[kappa["mark"] == "point", "x"]
    assert sorted(points) == pytest.approx(sorted(cases), rel=1e-4)
    assert kappa.loc[kappa["mark"] == "diamond", "x"].tolist() == pytest.approx([cases.mean()], rel=1e-4)
    assert set(kappa["mark"]) == {"point", "diamond"}


def test_training_curves_give_mean_and_range_over_folds(results):
    frame = plotted(training_curves(results, "isic2016", ["dice", "kappa"]))
    row = frame[(frame["series"] == "Kappa") & (frame["x"] == 4) & frame["panel"].str.startswith("Dice")].iloc[0]
    # The history of the fixture: 1 - 0.9 / epoch - 0.02 * fold.
    assert [row["y_low"], row["y"], row["y_high"]] == pytest.approx([0.755, 0.765, 0.775])


def test_a_report_saves_the_numbers_beside_the_figure_and_links_them(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("segloss.report.display", lambda what, **_: shown.append(what))
    report = Report("losses", "tour", None, str(tmp_path / "figures"), str(tmp_path / "tables"))
    figure, axes = plt.subplots()
    axes.plot([1, 2], [3, 4])
    report.save_figure(figure, "line", "A line.")
    assert pd.read_csv(tmp_path / "figures/line.csv")["y"].tolist() == [3, 4]
    assert "line.csv" in shown[-1].data


def test_a_report_saves_the_numbers_that_it_is_given(tmp_path):
    report = Report("losses", "tour", None, str(tmp_path / "figures"), str(tmp_path / "tables"))
    figure, _ = plt.subplots()
    report.save_figure(figure, "given", "Given.", data=pd.DataFrame({"share": [0.1], "dice": [0.123456789]}))
    assert (tmp_path / "figures/given.csv").read_text() == "share,dice\n0.1,0.123457\n"


def test_a_picture_has_no_file_of_numbers_not_even_that_of_an_earlier_figure(tmp_path):
    report = Report("losses", "tour", None, str(tmp_path / "figures"), str(tmp_path / "tables"))
    report.figures.mkdir()
    (report.figures / "pixels.csv").write_text("x\n1\n")
    figure, axes = plt.subplots()
    axes.imshow([[0, 1]])
    report.save_figure(figure, "pixels", "Two pixels.")
    assert {file.name for file in report.figures.iterdir()} == {"pixels.png"}


def test_an_axis_that_all_panels_share_is_named_in_the_head_of_its_column():
    figure, panels = plt.subplots(1, 2)
    for panel, metric in zip(panels, ("loss", "Dice"), strict=True):
        panel.plot([1, 2], [3, 4])
        panel.set(xlabel="epoch", ylabel=metric)
    frame = heads(plotted(figure))
    assert {"x (epoch)", "y", "y_axis"} <= set(frame)
    assert not {"x", "x_axis"} & set(frame)
    plt.close(figure)


def test_the_numbers_of_a_mixed_column_are_read_back(axes):
    axes.plot([0.25, 0.75], [0, 5], "o")
    axes.set_yticks([0, 1], ["a", "b"])
    text = plotted(axes.figure).to_csv(index=False)
    assert pd.read_csv(io.StringIO(text))["y"].tolist() == ["a", "5.0"]
