"""Runs a solved notebook once, then each wrong answer in a copy of the process: which tests fail after it?

``python variants.py NOTEBOOK ANSWERS`` prints a JSON object: the name of the answer, the grade_ids of the tests that
fail; under the name "" what fails of the solutions. The cells before the answer stand as they ran; those after it run
again, but for the long ones (with a tag ``seconds-N``), whose results are taken from the first run.
"""

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode

SECONDS = 4  # of processor time; a cell that takes longer never ends


def run_cell(shell: InteractiveShell, source: str) -> bool:
    """Whether the cell ends, and without an error."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return bool(shell.run_cell(source).success)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@dataclass(frozen=True)
class Ran:
    """A cell of the solved notebook, all names before it, and those that it has bound."""

    cell: NotebookNode
    before: dict[str, Any]
    bound: dict[str, Any]


def run_solved(shell: InteractiveShell, cell: NotebookNode) -> tuple[Ran, bool]:
    """Run a cell of the solved notebook, however long it takes; also whether that went well."""
    before = dict(shell.user_ns)
    well = bool(shell.run_cell(cell.source).success)
    bound = {name: value for name, value in shell.user_ns.items() if value is not before.get(name, before)}
    return Ran(cell, before, bound), well


def failures(shell: InteractiveShell, ran: list[Ran], answer: dict[str, Any]) -> list[str]:
    """Put the answer in the place of its cell, go on from there and name the tests that fail."""
    [place] = [number for number, step in enumerate(ran) if grade_id(step.cell) == answer["cell"]]
    for name in shell.user_ns.keys() - ran[place].before.keys():
        del shell.user_ns[name]
    shell.user_ns |= ran[place].before
    run_cell(shell, answer["source"])
    failed = []
    for step in ran[place + 1 :]:
        if is_long(step.cell):
            shell.user_ns |= step.bound
        elif not run_cell(shell, step.cell.source) and is_test(step.cell):
            failed.append(grade_id(step.cell))
    return failed


def grade_id(cell: NotebookNode) -> str:
    """The name that nbgrader knows a cell by."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_test(cell: NotebookNode) -> bool:
    """Whether the cell gives points."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade", False))


def is_long(cell: NotebookNode) -> bool:
    """Whether the cell is tagged as one that takes long."""
    return any(tag.startswith("seconds-") for tag in cell.metadata.get("tags", []))


def in_a_copy(shell: InteractiveShell, ran: list[Ran], answer: dict[str, Any]) -> list[str]:
    """As :func:`failures`, in a forked process, so that the next answer finds everything as it was."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, json.dumps(failures(shell, ran, answer)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        told = stream.read()
    os.waitpid(child, 0)
    return json.loads(told) if told else ["the process ended"]


def main() -> None:
    """Run the solutions and all answers."""
    os.environ |= {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}  # threads would not be there in a copy of the process
    notebook, answers = nbformat.read(sys.argv[1], as_version=4), yaml.safe_load(Path(sys.argv[2]).read_text("utf-8"))
    said, sys.stdout = sys.stdout, sys.stderr
    shell = InteractiveShell.instance()
    signal.signal(signal.SIGPROF, lambda *_: signal.default_int_handler(signal.SIGINT, None))
    steps = [run_solved(shell, cell) for cell in notebook.cells if cell.cell_type == "code"]
    results = {"": [grade_id(step.cell) or step.cell.source for step, well in steps if not well]}
    ran = [step for step, _ in steps]
    results |= {answer["name"]: in_a_copy(shell, ran, answer) for answer in answers}
    print(json.dumps(results), file=said)


if __name__ == "__main__":
    main()
