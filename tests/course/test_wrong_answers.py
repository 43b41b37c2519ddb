"""Each typical wrong answer loses the points that are meant for it, and no others; the solutions lose none."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ANSWERS = {path.stem: path for path in sorted(Path(__file__).parent.glob("wrong_answers/*.yaml"))}
FASTEST = "agreement"
CASES = [
    pytest.param(name, answer, id=f"{name}: {answer['name']}", marks=() if name == FASTEST else pytest.mark.slow)
    for name, path in ANSWERS.items()
    for answer in yaml.safe_load(path.read_text(encoding="utf-8"))
]
ASSIGNMENTS = [pytest.param(name, marks=() if name == FASTEST else pytest.mark.slow) for name in ANSWERS]


@cache
def failed_tests(name: str) -> dict[str, list[str]]:
    """By answer, the tests that fail after it."""
    notebook = ROOT / "coursework" / name / f"{name}.ipynb"
    command = [sys.executable, str(Path(__file__).with_name("variants.py")), str(notebook), str(ANSWERS[name])]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize(("name", "answer"), CASES)
def test_a_wrong_answer_loses_its_own_points_and_no_others(name, answer):
    assert sorted(failed_tests(name)[answer["name"]]) == sorted(answer["loses"])


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_solutions_pass_all_tests(name):
    assert failed_tests(name)[""] == []


def test_every_assignment_has_wrong_answers_with_names_of_their_own():
    assert set(ANSWERS) == {path.parent.name for path in ROOT.glob("coursework/*/*.ipynb")}
    names = {
        name: [answer["name"] for answer in yaml.safe_load(path.read_text("utf-8"))] for name, path in ANSWERS.items()
    }
    assert [name for name, listed in names.items() if len(set(listed)) < len(listed)] == []
