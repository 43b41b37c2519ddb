"""What the cells of a notebook may and may not do, each in a kernel with limits."""

import os
import sys

import psutil
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from segloss.course.kernel import leave_network, refuse_connections
from segloss.course.limits import OUTPUT_LETTERS, LimitedExecute, Limits

ADDRESS = "192.0.2.1"  # kept free of machines, for examples
CONNECT = f"import socket; socket.create_connection(('{ADDRESS}', 80), 3)"
PIECES = {
    "connect": CONNECT,
    "child": f"import sys, subprocess as s; s.run([sys.executable, '-c', {CONNECT!r}], stderr=-1, text=True).stderr",
    "file": "import os; open('note', 'w').close(); os.listdir(), os.path.realpath(os.path.expanduser('~'))",
    "secrets": "sorted(name for name in os.environ if 'SECRET' in name)",
    "prints": "for _ in range(1000): print('x' * 1000)",
    "leaves": "import subprocess; subprocess.Popen(['sleep', '4321']).pid",
    "memory": "def fill(kept):\n    while True: kept.append(bytearray(2**24))\nfill([])",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The pieces by name, executed one after another."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "data.csv").touch()
    os.environ["A_SECRET"] = "of the grader"
    cells = {name: new_code_cell(source) for name, source in PIECES.items()}
    try:
        run(list(cells.values()), Limits(memory_gb=2), folder)
    finally:
        del os.environ["A_SECRET"]
    return cells


def run(cells: list[NotebookNode], limits: Limits, folder) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    LimitedExecute(config=limits.config()).preprocess(notebook, {"metadata": {"path": str(folder)}})


def told(cell: NotebookNode) -> str:
    [output] = cell.outputs
    return output.get("evalue") or output["data"]["text/plain"]


def test_no_connection_is_made(ran):
    assert told(ran["connect"]) == "There is no network while an assignment is graded."


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes the network away from all that a cell starts")
def test_a_program_that_a_cell_starts_has_no_network_either(ran):
    if os.fork() == 0:  # a process that may lose its network
        os._exit(not leave_network())
    if os.wait()[1]:
        pytest.skip("this machine lets no process leave its network")
    assert "Network is unreachable" in told(ran["child"])


def test_memory_ends_with_an_error_and_not_with_the_machine(ran):
    assert ran["memory"].outputs[0]["ename"] == "MemoryError"


def test_a_kernel_left_without_memory_costs_the_cells_after_it_and_no_more(tmp_path):
    cells = [new_code_cell("kept = []\nwhile True: kept.append(bytearray(2**16))"), new_code_cell("1 + 1")]
    run(cells, Limits(cell_seconds=10, memory_gb=1), tmp_path)
    assert all(cell.outputs for cell in cells)
    assert cells[0].outputs[-1]["output_type"] == "error"


def test_cells_start_beside_copies_of_the_files_in_a_home_of_their_own(ran):
    files, home = eval(told(ran["file"]))
    assert files == ["data.csv", "note"]
    assert not home.startswith(os.path.realpath(os.path.expanduser("~")))


def test_the_environment_of_the_grader_is_not_seen(ran):
    assert told(ran["secrets"]) == "[]"


def test_endless_prints_are_cut(ran):
    assert 0 < sum(len(output["text"]) for output in ran["prints"].outputs) <= OUTPUT_LETTERS


def test_no_process_stays_behind(ran):
    left = [psutil.Process(pid) for pid in [int(told(ran["leaves"]))] if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(left, timeout=10)  # it was told to end a moment ago
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_when_the_time_of_the_notebook_is_over_the_next_cells_do_not_run(tmp_path):
    cells = [new_code_cell("import time; time.sleep(60)"), new_code_cell("1")]
    run(cells, Limits(notebook_seconds=1), tmp_path)
    assert [cell.outputs[-1]["ename"] for cell in cells] == ["CellTimeoutError", "KernelEnded"]


def test_a_tag_gives_a_cell_more_time(tmp_path):
    cells = [new_code_cell("import time; time.sleep(2); 'done'", metadata={"tags": ["seconds-20"]})]
    run(cells, Limits(cell_seconds=1), tmp_path)
    assert told(cells[0]) == "'done'"


@pytest.mark.parametrize("address", ["/run/a-socket", ("127.0.0.1", 8888), ("::1", 8888, 0, 0)])
def test_sockets_of_this_machine_stay_open(address):
    refuse_connections("socket.connect", (None, address))


def test_names_of_machines_are_not_looked_up():
    with pytest.raises(PermissionError, match="no network"):
        refuse_connections("socket.getaddrinfo", ("example.org", 80, 0, 0, 0))
