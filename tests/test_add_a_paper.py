"""The page on how to add a paper, taken at its word: in a copy of the project, every step, up to a page of the site."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
import yaml

from segloss.commands import stage_environment
from segloss.config import load_params, scale_of
from segloss.data.view import View
from segloss.metrics_files import read_metrics
from segloss.training.settings import Settings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/add-a-paper.md").read_text(encoding="utf-8")
PLACE = re.compile(r"# (?P<file>src/\S+), (?:(?P<new>a new file)|(?P<side>above|below): (?P<line>.+))")


@dataclass(frozen=True)
class Block:
    """A piece of code on the page."""

    language: str
    text: str

    @property
    def place(self) -> re.Match[str] | None:
        """Where its first line says that it goes."""
        return PLACE.fullmatch(self.text.partition("\n")[0])


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)]
EDITS = [block for block in BLOCKS if block.place]


def take(block: Block, folder: Path) -> None:
    """Do what a block says, in a copy of the project."""
    if block.place:
        edit(block, folder / block.place["file"])
    elif block.language == "yaml":
        path = folder / "params.yaml"
        path.write_text(with_lines(path.read_text(encoding="utf-8"), block.text), encoding="utf-8")
    elif block.language == "python":
        run([sys.executable, "-c", block.text], folder)
    else:
        for line in block.text.splitlines():
            run(["sh", "-c", line], folder)


def edit(block: Block, path: Path) -> None:
    code = block.text.partition("\n")[2]
    if block.place["new"]:
        assert not path.exists()
        path.write_text(code, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    number = [line.strip() for line in lines].index(block.place["line"]) + (block.place["side"] == "below")
    path.write_text("".join([*lines[:number], code, *lines[number:]]), encoding="utf-8")


def with_lines(params: str, block: str) -> str:
    """The text of params.yaml with the lines of a block below their heads; a line without any below it is replaced."""
    for head, below in re.findall(r"^( *\w+:.*)\n((?: .*\n)*)", block, flags=re.MULTILINE):
        key = head.partition(":")[0]
        text = f"{key}:\n{below}" if below else f"{head}\n"
        params, count = re.subn(rf"(?m)^{key}:.*\n", lambda _, text=text: text, params)
        assert count == 1, f"params.yaml has {count} lines {key}:"
    return params


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, env=stage_environment(folder), capture_output=True, text=True)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """params.yaml with the lines of the page."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    for block in BLOCKS:
        if block.language == "yaml":
            text = with_lines(text, block.text)
    path = tmp_path_factory.mktemp("params") / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return load_params(path)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, without its reports, in which every step of the page was taken."""
    folder = tmp_path_factory.mktemp("sixth")
    no_results = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in ("src", "docs", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=no_results)
    shutil.copyfile(ROOT / "params.yaml", folder / "params.yaml")
    for block in BLOCKS:
        take(block, folder)
    return folder


def test_the_loss_of_the_page_has_three_lines():
    [body] = re.findall(r'    """\n((?:    .+\n)+)$', EDITS[0].text)
    assert len(body.splitlines()) == 3


@pytest.mark.parametrize("block", EDITS[1:], ids=lambda block: block.place["line"])
def test_the_line_beside_which_a_piece_goes_occurs_once(block):
    lines = (ROOT / block.place["file"]).read_text(encoding="utf-8").splitlines()
    assert [line.strip() for line in lines].count(block.place["line"]) == 1


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:src|tests|notebooks|docs)/[^`]+|[A-Z]+\.cff)`", PAGE))))
def test_every_file_that_the_page_names_exists(path):
    assert (ROOT / path).exists()


def test_every_page_that_it_links_to_exists():
    assert [link for link in re.findall(r"\]\(([^)]+)\)", PAGE) if not (ROOT / "docs" / link).is_file()] == []


def test_the_lists_agree_with_one_another(params):
    assert params["evaluated"]["moles"] == {"paper": "jaccard"}
    for arm in ("moles-dice", "moles-jaccard"):
        assert Settings.of(params, arm).loss == params["losses"]["jaccard"][arm.partition("-")[2]]
        assert set(params["protocols"]["jaccard"]) <= set(Settings.__dataclass_fields__)
    assert View.of(params["datasets"]["moles"]["view"], scale_of(params, "jaccard", "moles")).image_size == 32


def test_the_lists_that_were_there_are_still_there(params):
    before = load_params(ROOT / "params.yaml")
    for section in ("papers", "datasets", "evaluated", "losses", "protocols", "arms"):
        assert {name: params[section][name] for name in before[section]} == before[section]
        assert len(params[section]) > len(before[section])


def test_the_table_of_sections_names_those_of_the_lists(params):
    [lists, *_] = [block for block in BLOCKS if block.language == "yaml"]
    assert re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE) == list(yaml.safe_load(lists.text))


def test_the_pipeline_goes_over_the_lists_so_that_no_stage_has_to_be_written():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    over = {"prepare": "datasets", "train": "arms", "evaluate": "evaluated", "report": "papers"}
    assert {stage: stages[stage]["foreach"] for stage in over} == {stage: f"${{{key}}}" for stage, key in over.items()}


def test_the_template_runs_on_the_results_of_the_kappa_loss(tmp_path, monkeypatch):
    cells = nbformat.read(ROOT / "notebooks/template.ipynb", as_version=4).cells
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        exec(compile(cell.source, cell.id, "exec"), namespace)
        if "parameters" in cell.metadata.get("tags", []):
            metrics = str(ROOT / "reports/metrics/phantom/kappa")
            namespace |= {"metrics_folder": metrics, "figures_folder": "f", "tables_folder": "t", "resamples": 50}
    results = pd.read_csv("t/results.csv")
    assert {"Kappa", "Dice", "predict nothing"} <= set(results["arm"])
    assert pd.read_csv("t/comparison.csv")["comparison"].tolist() == ["Dice: Kappa − Dice"]


@pytest.mark.slow
def test_the_toy_paper_comes_out_as_a_report(followed):
    notebook = nbformat.read(followed / "reports/notebooks/smoke/jaccard.ipynb", as_version=4)
    about = notebook.metadata["report"]
    assert [(data["title"], data["kind"], data["cases"]) for data in about["datasets"]] == [("Moles", "phantom", 9)]
    assert notebook.cells[0].source.startswith("# Jaccard loss")
    assert "def jaccard_loss" in json.dumps(notebook)


@pytest.mark.slow
def test_its_table_has_a_row_for_each_loss_and_the_trivial_answers(followed):
    table = pd.read_csv(followed / "reports/tables/smoke/jaccard/results.csv")
    trivial = ["predict nothing", "predict everything", "mean training mask"]
    assert table["arm"].tolist() == ["Dice", "jaccard", *trivial]
    assert set(table["data set"]) == {"Moles (phantom)"}
    assert r"\toprule" in (followed / "reports/tables/smoke/jaccard/results.tex").read_text(encoding="utf-8")


@pytest.mark.slow
def test_its_figure_shows_every_case_in_the_colour_of_its_loss(followed):
    figures = followed / "reports/figures/smoke/jaccard"
    numbers = pd.read_csv(figures / "dice-per-case.csv")
    metrics = read_metrics(followed / "reports/metrics/smoke/jaccard/moles.csv")
    dice = metrics.query("arm == 'jaccard' and metric == 'dice'")["value"]
    points = numbers.query("y == 'Jaccard' and mark == 'point'")["x (Dice)"]
    assert sorted(points) == pytest.approx(sorted(dice), abs=1e-4)
    assert "#44aa99" in (figures / "dice-per-case.svg").read_text(encoding="utf-8").lower()


@pytest.mark.slow
def test_it_is_a_page_of_the_site_with_its_tables_and_figures(followed):
    page = (followed / "reports/site/smoke/jaccard.html").read_text(encoding="utf-8")
    assert page.count("<table") >= 3
    assert "Dice index of every test case" in page
    assert "smoke/jaccard.html" in (followed / "reports/site/index.html").read_text(encoding="utf-8")
