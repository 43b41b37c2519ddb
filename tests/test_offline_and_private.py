"""Notebooks run without a network; nothing that a run leaves names its user or holds a secret of the environment."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from segloss.data.phantoms.layouts import skin
from segloss.scales import write_params

ROOT = Path(__file__).parents[1]
# A name space of its own has no network but its own loopback, which has to be switched on: Jupyter talks over it.
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14s", b"lo", 0x1 | 0x40, b""))
os.execv(sys.argv[1], sys.argv[1:])
"""
REACHES_OUT = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 80))"
SECRETS = {
    "USER": "marker-user-7391",
    "LOGNAME": "marker-user-7391",
    "HOSTNAME": "marker-host-7391",
    "GITHUB_TOKEN": "marker-token-7391",
    "AWS_SECRET_ACCESS_KEY": "marker-key-7391",
    "JUPYTER_TOKEN": "marker-token-7391",
    "HTTPS_PROXY": "http://marker-password-7391@192.0.2.1:3128",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of the repository that stages read."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    shutil.copytree(ROOT / "reports/metrics", folder / "reports/metrics")
    shutil.copy(ROOT / "params.yaml", folder)
    return folder


def segloss(
    project: Path, *command: str, within: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the project, and give what it printed."""
    paths = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, **environment}
    full = (*within, sys.executable, "-m", "segloss", *command)
    done = subprocess.run(full, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def without_network() -> tuple[str, ...]:
    """What a command is put behind to run without a network."""
    within = ("unshare", "--map-root-user", "--net", sys.executable, "-c", LOOPBACK_UP)
    try:
        tried = subprocess.run(
            [*within, sys.executable, "-c", REACHES_OUT], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("unshare, which cuts a process off the network, is not installed")
    if "Network is unreachable" not in tried.stderr:
        pytest.skip(f"unshare cannot cut a process off the network here: {tried.stderr.strip()[-100:]}")
    return within


def test_a_notebook_runs_without_a_network(project: Path, without_network: tuple[str, ...]) -> None:
    segloss(project, "record", within=without_network)
    executed = json.loads((project / "reports/notebooks/tour/published_record.ipynb").read_text(encoding="utf-8"))
    assert sum(bool(cell.get("outputs")) for cell in executed["cells"]) > 3


@pytest.mark.slow
@pytest.mark.parametrize("command", ["tour", "claims", "findings synthesis", "findings as_published"])
def test_each_notebook_of_the_committed_tables_runs_without_a_network(
    project: Path, without_network: tuple[str, ...], command: str
) -> None:
    segloss(project, *command.split(), within=without_network)


def holding(folder: Path, marks: set[str]) -> list[str]:
    """The files below a folder that hold one of the marks, in their name or content."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert len(files) > 10
    texts = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
    return [
        f"{name}: {mark}" for name, text in texts.items() for mark in marks if mark.encode() in text + name.encode()
    ]


def test_a_run_leaves_no_secret_and_no_name_of_its_user(project: Path, tmp_path: Path) -> None:
    home = tmp_path / "marker-home-7391"
    home.mkdir()
    environment = {**SECRETS, "HOME": str(home), "no_proxy": "127.0.0.1"}
    data = home / "data"
    (data / "scd").mkdir(parents=True)
    skin.write("scd", data / "scd")
    write_params(project / "params.yaml", "smoke", data)
    printed = []
    for command in (["inventory", str(data)], ["prepare", "scd"], ["train", "scd-dice"], ["record"]):
        done = segloss(project, *command, **environment)
        printed.append(done.stdout + done.stderr)
    (project / "params.yaml").unlink()  # the one file that a person writes, and where DATA_ROOT stands
    (project / "printed.txt").write_text("".join(printed), encoding="utf-8")
    # The last folder, which a person gave; where a command runs is nobody's business either.
    marks = {*SECRETS.values(), home.name, str(tmp_path)}
    if len(host := socket.gethostname()) > 5:  # a shorter one is found in any pixels, by chance
        marks.add(host)
    assert holding(project, marks) == []


def test_the_search_for_secrets_finds_them(tmp_path: Path) -> None:
    for number in range(11):
        (tmp_path / f"{number}.json").write_text(json.dumps({"user": f"marker-{number}"}), encoding="utf-8")
    assert holding(tmp_path, {"marker-7"}) == ["7.json: marker-7"]
