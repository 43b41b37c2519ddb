import ast
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import yaml

from segloss.losses import LOSSES
from segloss.verdicts.words import loss_title

FOLDER = Path(__file__).parents[1] / "notebooks"
PAPERS = list(yaml.safe_load((FOLDER.parent / "params.yaml").read_text(encoding="utf-8"))["papers"])
HEADINGS = [
    "The claim",
    "The loss",
    "Checks on a phantom",
    "Results",
    "Published versus replicated",
    "Deviations from the paper",
    "Exercises",
]
TOUR_HEADINGS = [
    "The family tree",
    "How to read the pictures",
    "Distribution family",
    "Region family",
    "Distance family",
    "Compound family",
    "All losses at once",
    "Move the mask yourself",
    "A short training",
    "Which loss for which problem",
    "Conventions",
    "Letters",
    "Secondary sources",
    "Exercises",
]
FORBIDDEN = ["pip install", "sys.path", "chdir", "savefig", "display(", "filterwarnings", "/home/", "/tmp/", "glob("]


@pytest.fixture(params=sorted(path.name for path in FOLDER.glob("*.ipynb")))
def notebook(request):
    return nbformat.read(FOLDER / request.param, as_version=4)


@pytest.fixture(params=[*PAPERS, "template"])
def paper(request):
    """A notebook that replicates a paper, or the template of one."""
    return nbformat.read(FOLDER / f"{request.param}.ipynb", as_version=4)


@pytest.fixture
def tour():
    """The guided tour of the losses."""
    return nbformat.read(FOLDER / "losses.ipynb", as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def names_in(notebook, method):
    calls = (node for cell in code_of(notebook) for node in ast.walk(ast.parse(cell.source)))
    return [
        node.args[1].value
        for node in calls
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
    ]


def test_it_is_a_valid_notebook_of_format_4_5_for_the_kernel_python3(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata["kernelspec"]["name"] == "python3"


def test_it_has_no_outputs_no_execution_counts_and_no_volatile_metadata(notebook):
    assert all(not cell.outputs and cell.execution_count is None for cell in code_of(notebook))
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}


def test_its_cell_ids_are_readable_words(notebook):
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", cell.id) for cell in notebook.cells)
    assert not [cell.id for cell in notebook.cells if re.fullmatch(r"(cell-\d+|[0-9a-f]{8})", cell.id)]


def test_it_opens_with_title_parameters_and_imports(notebook):
    title, parameters, imports = notebook.cells[:3]
    assert title.cell_type == "markdown"
    assert title.source.startswith("# ")
    assert all(f"**{word}" in title.source for word in ("Paper", "Data sets", "Run time"))
    assert parameters.metadata["tags"] == ["parameters"]
    assert all(isinstance(node, ast.Assign) for node in ast.parse(parameters.source).body)
    assert imports.source.startswith(("import ", "from "))


def test_a_paper_opens_with_the_one_claim(paper):
    assert "**The one claim" in paper.cells[0].source


def test_the_settings_of_a_paper_are_those_of_params_yaml(paper):
    name = ast.literal_eval(re.search(r"^paper = (.+)$", paper.cells[1].source, re.MULTILINE)[1])
    settings = yaml.safe_load((FOLDER.parent / "params.yaml").read_text(encoding="utf-8"))["papers"][name]
    assignments = dict(re.findall(r"^(\w+) = (.+)$", paper.cells[1].source, re.MULTILINE))
    assert {name: ast.literal_eval(assignments[name]) for name in settings} == settings


def test_only_one_cell_is_tagged_and_only_the_third_imports(notebook):
    tagged = [cell.id for cell in notebook.cells if cell.metadata.get("tags")]
    importing = [
        cell.id
        for cell in code_of(notebook)
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(ast.parse(cell.source)))
    ]
    assert tagged == [notebook.cells[1].id]
    assert importing == [notebook.cells[2].id]


def headings_of(notebook, level):
    lines = [line for cell in text_of(notebook) for line in cell.source.splitlines()]
    return [line.removeprefix(level) for line in lines if line.startswith(level)]


def test_the_headings_of_a_paper_are_the_fixed_ones_in_order(paper):
    assert headings_of(paper, "## ") == HEADINGS


def test_the_headings_of_the_tour_are_the_fixed_ones_in_order(tour):
    assert headings_of(tour, "## ") == TOUR_HEADINGS


def test_the_tour_has_a_section_for_every_loss_in_the_order_of_the_registry(tour):
    assert headings_of(tour, "### ")[2:] == [loss_title(name) for name in LOSSES]


def test_every_section_of_the_tour_shows_its_own_loss(tour):
    shown = [(text, cell) for text, cell in pairwise(tour.cells) if cell.source.startswith("tour.show(")]
    assert [cell.source for _, cell in shown] == [f'tour.show(report, "{name}")' for name in LOSSES]
    assert [text.source.split("\n\n")[0] for text, _ in shown] == [f"### {loss_title(name)}" for name in LOSSES]


def test_every_picture_and_table_of_the_tour_is_about_no_data_set(tour):
    assert 'Report("losses", "tour", None,' in tour.cells[2].source


def test_no_code_cell_but_the_imports_is_longer_than_ten_lines(notebook):
    long = [c.id for c in code_of(notebook) if len(c.source.splitlines()) > 10 and c.id != notebook.cells[2].id]
    assert not long


def test_it_defines_nothing_and_keeps_to_the_interface_of_the_package(notebook):
    source = "\n".join(cell.source for cell in code_of(notebook))
    nodes = list(ast.walk(ast.parse(source)))
    assert not [n for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.While | ast.For)]
    assert not [word for word in FORBIDDEN if word in source]


def test_every_figure_and_every_table_has_a_name_of_its_own(notebook):
    for method in ("save_figure", "save_table"):
        names = names_in(notebook, method)
        assert names
        assert len(set(names)) == len(names)


def test_the_prose_of_a_paper_types_no_measured_number(paper):
    """Numbers with two decimals or a percentage that a run would have made; constants of the text have one decimal."""
    after_results = [cell.source for cell in text_of(paper)]
    start = next(i for i, source in enumerate(after_results) if source.startswith("## Results"))
    end = next(i for i, source in enumerate(after_results) if source.startswith("## Deviations"))
    assert not re.findall(r"\d\.\d\d|\d ?%", "\n".join(after_results[start:end]))
