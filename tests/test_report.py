import io
import json
import re
import shutil
from contextlib import redirect_stderr
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.textpath import TextPath

from segloss.errors import InputError
from segloss.notebooks import normalise, read_notebook, refer_to_pictures
from segloss.report import Report
from segloss.report_stages import run_report, run_tour

PARAMETERS = {
    "paper": "demo",
    "scale": "phantom",
    "metrics_folder": "../reports/metrics/phantom/demo",
    "examples_folder": "../build/examples/demo",
    "figures_folder": "../build/opened/demo/figures",
    "tables_folder": "../build/opened/demo/tables",
    "confidence": 0.9,
    "resamples": 10,
    "cases_shown": 2,
}
PARAMS = {"scale": "phantom", "papers": {"demo": {"confidence": 0.95, "resamples": 20, "cases_shown": 4}}}
FOLDERS = "paper, scale, metrics_folder, figures_folder, tables_folder"
SAVES = f"""import warnings

import matplotlib.pyplot as plt
import pandas as pd
from segloss.report import Report

report = Report({FOLDERS})
fig, ax = plt.subplots()
ax.plot([0, resamples])
report.save_figure(fig, "fig1-line", "A line.")
fig, ax = plt.subplots()
ax.imshow([[0, 1]])
report.save_figure(fig, "fig2-image", "Two pixels.")
report.save_table(pd.DataFrame({{"n": [resamples]}}), "table1", "A count.")
warnings.warn("noise".upper())
print(object())"""


def write_provenance(folder: Path, dataset: str, kind: str, data: str = "a" * 12) -> None:
    """What the evaluation says about one data set."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"dataset": dataset, "title": dataset.upper(), "kind": kind, "cases": 12}
    facts["fingerprints"] = {"data": data, "code": "c" * 12, "parameters": "e" * 12}
    (folder / f"{dataset}-provenance.json").write_text(json.dumps(facts))


def write_notebook(path: Path, code: str, parameters: dict = PARAMETERS) -> None:
    """A notebook with its parameters and one more cell."""
    cell = nbformat.v4.new_code_cell("\n".join(f"{name} = {value!r}" for name, value in parameters.items()))
    cell.metadata["tags"] = ["parameters"]
    cells = [nbformat.v4.new_markdown_cell("# A demonstration"), cell, nbformat.v4.new_code_cell(code)]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def lay_out(folder: Path) -> None:
    """One notebook and its metrics."""
    # Two steps.
    write_notebook(folder / "notebooks/demo.ipynb", SAVES)
    write_provenance(folder / "reports/metrics/phantom/demo", "isic2018", "phantom")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder in which commands run."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Such a folder after the report was made: kernels start slowly, so the tests below share it."""
    folder = tmp_path_factory.mktemp("finished")
    lay_out(folder)
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(io.StringIO()) as printed:
        patch.chdir(folder)
        run_report("demo", PARAMS)
    notebook = folder / "reports/notebooks/phantom/demo.ipynb"
    outputs = [o for cell in nbformat.read(notebook, 4).cells for o in cell.get("outputs", [])]
    return SimpleNamespace(
        folder=folder, reports=folder / "reports", notebook=notebook, outputs=outputs, printed=printed.getvalue()
    )


@pytest.fixture
def report(tmp_path):
    """What a notebook opens: two data sets at hand and one absent."""
    for dataset, kind, data in [("isic2016", "phantom", "1" * 12), ("isic2018", "phantom", "2" * 12)]:
        write_provenance(tmp_path / "metrics", dataset, kind, data)
    write_provenance(tmp_path / "metrics", "scd", "absent")
    return Report(*("demo", "phantom"), *(str(tmp_path / name) for name in ("metrics", "figures", "tables")))


@pytest.fixture
def figure():
    fig, ax = plt.subplots(figsize=(6, 3))
    ax.plot([0, 1])
    return fig


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {f.relative_to(root).as_posix(): f.read_bytes() for f in root.rglob("*") if f.is_file()}


def test_origin_of_one_data_set_shows_its_own_fingerprints(report):
    line = "report@demo · phantom data: ISIC2018 · scale phantom · data 222222222222 · code cccccccccccc"
    assert report.origin(["isic2018"]) == f"{line} · parameters eeeeeeeeeeee"


def test_origin_of_several_data_sets_names_all_and_joins_their_fingerprints(report):
    line = report.origin()
    assert "ISIC2016, ISIC2018" in line
    assert re.search(r"data [0-9a-f]{12} · code c{12}", line)
    assert "1" * 12 not in line


def test_origin_says_when_no_data_set_is_shown(report):
    assert "no data set: computed in the notebook" in report.origin(())
    assert "no data set: absent" in report.origin(["scd"])


def test_absent_data_sets_are_told_apart(report):
    assert report.datasets == ["isic2016", "isic2018"]
    assert (report.kind("isic2016"), report.kind("scd"), report.kind("never-heard-of")) == (
        "phantom",
        "absent",
        "absent",
    )


def test_a_figure_without_images_is_saved_as_svg_without_a_date(report, figure):
    report.save_figure(figure, "fig1", "A line.")
    text = (report.figures / "fig1.svg").read_text()
    assert text.startswith("<svg")
    assert "<dc:date>" not in text


def test_a_figure_with_an_image_is_saved_as_png(report):
    fig, ax = plt.subplots()
    ax.imshow(np.eye(4))
    report.save_figure(fig, "fig1", "A picture.")
    assert [f.name for f in report.figures.iterdir()] == ["fig1.png"]


def test_the_same_figure_has_the_same_bytes(report, tmp_path):
    saved = []
    for folder in ("a", "b"):
        report.figures, report._saved = tmp_path / folder, {}
        fig, ax = plt.subplots()
        ax.fill_between([0, 1], [1, 2])
        report.save_figure(fig, "fig1", "An area.")
        saved.append((report.figures / "fig1.svg").read_bytes())
    assert saved[0] == saved[1]


def test_the_footer_is_added_below_and_takes_nothing_from_the_figure(report, figure):
    report.save_figure(figure, "fig1", "A line.")
    width, height = figure.get_size_inches()
    assert width == 6
    assert 3.1 < height < 3.6
    assert [text.get_text().replace("\n", " ") for text in figure.texts] == [report.origin()]


def test_the_footer_stays_inside_a_narrow_figure(report):
    fig, _ = plt.subplots(figsize=(3, 2))
    report.save_figure(fig, "fig1", "Nothing.")
    fig.canvas.draw()
    box = fig.texts[0].get_window_extent()
    assert 0 <= box.x0 < box.x1 <= fig.bbox.width


def test_a_footer_of_many_digits_stays_inside_a_wide_figure(report, monkeypatch):
    data = "report@boundary · phantom data: ISLES 2018, WMH 2017 · scale phantom"
    prints = "data 40b85d1f2076 · code be575d81f49c · parameters 558496a98bea"
    monkeypatch.setattr(Report, "origin", lambda *_: f"{data} · {prints}")
    fig, _ = plt.subplots(figsize=(7.2, 2))
    report.save_figure(fig, "fig1", "Nothing.")
    footer = fig.texts[0]
    # As an SVG has it: a screen's hinting makes letters narrower.
    widths = [TextPath((0, 0), line, footer.get_fontsize()).get_extents().x1 for line in footer.get_text().split("\n")]
    assert footer.get_position()[0] + max(widths) / (7.2 * 72) < 1


@pytest.mark.parametrize("name", ["Fig1", "fig 1", "../fig1", "fig1.svg", "fig--1", ""])
def test_a_name_that_is_no_plain_file_name_is_refused(report, figure, name):
    with pytest.raises(InputError, match="lowercase letters, digits and single hyphens"):
        report.save_figure(figure, name, "A line.")


def test_a_name_is_used_once_for_figures_and_tables_together(report, figure):
    report.save_figure(figure, "one", "A line.")
    with pytest.raises(InputError, match="'one' is used for two"):
        report.save_table(pd.DataFrame({"n": [1]}), "one", "A count.")


def test_a_cell_that_runs_again_may_overwrite_its_own_name(report, figure, monkeypatch):
    shell = type("Shell", (), {"get_parent": lambda self: {"metadata": {"cellId": "x"}}})()
    monkeypatch.setattr("segloss.report.get_ipython", lambda: shell)
    report.save_figure(figure, "one", "A line.")
    report.save_figure(figure, "one", "A line.")
    assert (report.figures / "one.svg").is_file()


def test_source_is_shown_with_its_comments_and_without_its_docstring(report, monkeypatch):
    shown = []
    monkeypatch.setattr("segloss.report.display", shown.append)
    report.show_source(lay_out)
    assert shown[0].data.startswith("```python\ndef lay_out(folder: Path) -> None:\n    # Two steps.\n")
    assert "One notebook and its metrics" not in shown[0].data


def test_a_table_is_saved_in_three_forms_with_caption_and_origin(report):
    report.save_table(pd.DataFrame({"arm": ["dice"], "Dice": [0.5]}), "t1", "Two losses.", ["isic2018"])
    assert pd.read_csv(report.tables / "t1.csv")["Dice"].tolist() == [0.5]
    for suffix in ("md", "tex"):
        text = (report.tables / f"t1.{suffix}").read_text()
        assert "Two losses." in text
        assert "ISIC2018" in text


def test_parameters_of_params_yaml_reach_the_notebook(finished):
    assert (finished.reports / "tables/phantom/demo/table1.csv").read_text() == "n\n20\n"


def test_a_report_is_a_notebook_with_its_figures_and_tables(finished):
    tables = {f"tables/phantom/demo/table1.{suffix}" for suffix in ("csv", "md", "tex")}
    figures = {f"figures/phantom/demo/{name}" for name in ("fig1-line.svg", "fig1-line.csv", "fig2-image.png")}
    metrics = {"metrics/phantom/demo/isic2018-provenance.json"}
    assert set(snapshot(finished.reports)) == {"notebooks/phantom/demo.ipynb"} | tables | figures | metrics


def test_running_a_report_again_gives_the_same_bytes(finished, project):
    run_report("demo", PARAMS)
    assert snapshot(project / "reports") == snapshot(finished.reports)


def test_the_executed_notebook_names_no_folder_of_this_machine_and_no_noise(finished):
    text = finished.notebook.read_text()
    for trace in (str(finished.folder), "demo.tmp", "NOISE", " at 0x", "papermill", "iopub", "ipykernel_"):
        assert trace not in text
    assert "UserWarning: NOISE" in finished.printed


def test_links_of_the_executed_notebook_lead_to_the_files(finished):
    html = "".join(output.get("data", {}).get("text/html", "") for output in finished.outputs)
    links = re.findall(r'href="([^"]+)"', html)
    assert len(links) == 6
    assert all((finished.notebook.parent / link).is_file() for link in links)


def test_a_picture_in_the_notebook_is_a_reference_to_the_saved_file(finished):
    shown = "".join(o.data.get("text/html", "") for o in finished.outputs if "data" in o)
    addresses = re.findall(r'<img src="([^"]+)" alt="Two pixels\."', shown)
    files = [(finished.notebook.parent / address).resolve() for address in addresses]
    assert files == [(finished.reports / "figures/phantom/demo/fig2-image.png").resolve()]


def test_no_picture_is_embedded_in_the_executed_notebook(finished):
    assert [mime for o in finished.outputs for mime in o.get("data", {}) if mime.startswith("image/")] == []


def test_a_picture_without_a_file_stays_embedded(tmp_path):
    shown = nbformat.v4.new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "Drawn."})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[shown])])
    (tmp_path / "other.svg").write_text("<svg></svg>")
    refer_to_pictures(notebook, tmp_path, "figures")
    assert notebook.cells[0].outputs[0].data["image/svg+xml"] == "<svg/>"


def test_the_executed_notebook_says_what_data_it_shows(finished):
    said = nbformat.read(finished.notebook, 4).metadata["report"]
    assert said["scale"] == "phantom"
    assert said["datasets"] == [{"dataset": "isic2018", "title": "ISIC2018", "kind": "phantom", "cases": 12}]


def test_a_failing_notebook_leaves_the_old_report_and_is_kept_aside(finished, project):
    shutil.copytree(finished.reports, project / "reports", dirs_exist_ok=True)
    write_notebook(project / "notebooks/demo.ipynb", SAVES + "\nraise ValueError('what a pity')")
    with pytest.raises(InputError, match="failed in cell 4 with ValueError: what a pity") as error:
        run_report("demo", PARAMS)
    assert "build/failed/phantom/demo.ipynb" in str(error.value)
    assert "what a pity" in (project / "build/failed/phantom/demo.ipynb").read_text()
    assert snapshot(project / "reports") == snapshot(finished.reports)
    assert not list(project.rglob("*.tmp"))


def test_a_parameter_that_the_notebook_does_not_know_is_refused(project):
    params = {"scale": "phantom", "papers": {"demo": {**PARAMS["papers"]["demo"], "resample": 3}}}
    with pytest.raises(InputError, match=r"demo\.ipynb.*unknown: resample\."):
        run_report("demo", params)


def test_a_parameter_that_is_not_given_is_refused(tmp_path):
    write_notebook(tmp_path / "notebooks/demo.ipynb", "", {**PARAMETERS, "colour": "blue"})
    with pytest.raises(InputError, match=r"unknown: colour\."):
        read_notebook(tmp_path / "notebooks/demo.ipynb", PARAMETERS)


def test_a_notebook_without_a_cell_for_parameters_is_refused(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "demo.ipynb")
    with pytest.raises(InputError, match="0 cells tagged 'parameters'"):
        read_notebook(tmp_path / "demo.ipynb", PARAMETERS)


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "demo.ipynb").write_text("{")
    with pytest.raises(InputError, match="not a readable notebook"):
        read_notebook(tmp_path / "demo.ipynb", PARAMETERS)


def test_a_paper_without_entry_is_refused(project):
    with pytest.raises(InputError, match="no paper 'other': expected one of demo"):
        run_report("other", PARAMS)


def test_a_report_without_metrics_is_refused(project):
    (project / "reports/metrics/phantom/demo/isic2018-provenance.json").unlink()
    with pytest.raises(InputError, match="reports/metrics/phantom/demo holds no"):
        run_report("demo", PARAMS)


def test_a_report_without_data_says_so_under_every_figure(tmp_path):
    report = Report("losses", "tour", None, str(tmp_path), str(tmp_path))
    assert report.origin() == report.origin(()) == "tour · no data set: computed in the notebook"
    assert report.datasets == []


def test_a_report_of_other_sources_names_them_under_every_figure(tmp_path):
    report = Report("claims", "tour", None, str(tmp_path), str(tmp_path), source="verdicts of two scales")
    assert report.origin() == "tour · verdicts of two scales"


def test_the_tour_is_executed_without_metrics(tmp_path, monkeypatch):
    parameters = {name: PARAMETERS[name] for name in ("figures_folder", "tables_folder")}
    code = f'from segloss.report import Report\nprint(Report("losses", "tour", None, {", ".join(parameters)}).origin())'
    write_notebook(tmp_path / "notebooks/losses.ipynb", code, parameters)
    monkeypatch.chdir(tmp_path)
    run_tour()
    executed = nbformat.read(tmp_path / "reports/notebooks/tour/losses.ipynb", 4)
    origin = "tour · no data set: computed in the notebook"
    assert executed.cells[-1].outputs[0].text == f"{origin}\n"
    assert executed.metadata["report"] == {"paper": "losses", "scale": "tour", "datasets": [], "origin": origin}


def test_normalising_joins_printed_pieces_and_drops_ids_and_times():
    pieces = [("stdout", "a"), ("stderr", "w"), ("stdout", "b")]
    streams = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in pieces]
    volatile = {"execution": {"iopub.status.busy": "2020-01-01"}, "papermill": {}}
    cell = nbformat.v4.new_code_cell("x", outputs=streams, metadata=volatile)
    language = {"name": "python", "version": "3.11.7"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"papermill": {}, "language_info": language})
    normalise(notebook, {"a": "A"})
    assert [output.text for output in notebook.cells[0].outputs] == ["Ab"]
    assert notebook.cells[0].id == "cell-1"
    assert notebook.cells[0].metadata == {}
    assert notebook.metadata == {"language_info": {"name": "python"}}
