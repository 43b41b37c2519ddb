"""The two commands of the course."""

import sys
from pathlib import Path

import pytest

from segloss.__main__ import parse
from segloss.errors import InputError


@pytest.mark.parametrize("line", [["course"], ["course-grade", "class"]])
def test_without_nbgrader_one_sentence_says_what_to_install(monkeypatch, line):
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    arguments = parse(line)
    with pytest.raises(
        InputError, match=r"nbgrader is missing: expected it from `pip install '\.\[pipeline,course\]'`"
    ):
        arguments.run(arguments)


def test_limits_are_read_from_the_command_line():
    arguments = parse(["course-grade", "class", "--cell-seconds", "5", "--memory-gb", "1.5"])
    assert (arguments.submissions, arguments.out) == (Path("class"), None)
    assert (arguments.cell_seconds, arguments.notebook_seconds, arguments.memory_gb) == (5, 600, 1.5)
