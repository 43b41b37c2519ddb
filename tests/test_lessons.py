"""Every notebook is a lesson: opened in a fresh clone, it runs to its end before the pipeline has run."""

import time
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from segloss.commands import git, stage_environment

ROOT = Path(__file__).parents[1]
PAPERS = list(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["papers"])
# The template is no lesson: it is filled in first.
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb") if path.stem != "template")
LONGEST_S = 120


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A fresh clone of HEAD: no build/, no data/, only what git holds."""
    folder = tmp_path_factory.mktemp("lessons") / "clone"
    git("clone", "--quiet", str(ROOT), str(folder))
    return folder


def run(clone: Path, name: str) -> nbformat.NotebookNode:
    """Execute a notebook as JupyterLab does: in its own folder, with its own parameters."""
    notebook = nbformat.read(clone / f"notebooks/{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(clone / "notebooks")}})
    return client.execute(env=stage_environment(clone))


def shown(notebook: nbformat.NotebookNode) -> str:
    """All that the outputs say."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(str(text) for output in outputs for text in output.get("data", {}).values())


def test_a_paper_runs_without_the_pipeline_and_says_what_the_full_run_would_show(clone):
    text = shown(run(clone, "boundary"))
    assert "make reproduce PAPER=boundary" in text
    assert "No predictions" not in text


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_every_notebook_runs_without_the_pipeline_in_under_two_minutes(clone, name, record_property):
    start = time.perf_counter()
    text = shown(run(clone, name))
    seconds = time.perf_counter() - start
    record_property("seconds", round(seconds, 1))
    assert seconds < LONGEST_S
    assert ("The full run shows" in text) == (name in (*PAPERS, "data"))
    assert git("status", "--porcelain", folder=clone) == ""
