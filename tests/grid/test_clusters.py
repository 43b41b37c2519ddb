"""The grid on clusters that run elsewhere: workers started by hand, and Slurm, played by a script."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from segloss.errors import InputError
from segloss.grid import dask_workers, run_grid, stage
from tests.grid.small_pipeline import NEEDS, recorded, starts, wait_until

ONCE = dict.fromkeys(NEEDS, 1)
SBATCH = """#!/bin/sh
cp "$1" script
sh "$1" > worker.log 2>&1 &
echo $! > pid
echo "Submitted batch job 1"
"""


@pytest.fixture
def with_dask(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the pipeline, on a machine that has Dask."""
    monkeypatch.setattr(stage, "find_spec", lambda name: True)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.environ["PYTHONPATH"], str(workplace)]))
    return workplace


@pytest.fixture
def scheduler(with_dask: Path) -> Iterator[str]:
    """Address of a scheduler that was started by hand."""
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", "scheduler.json"]
    command += ["--port", "0", "--host", "127.0.0.1", "--no-dashboard"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_until(Path("scheduler.json").exists)
    yield json.loads(Path("scheduler.json").read_text())["address"]
    process.kill()
    process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("daemon", ["False", "True"])
def test_workers_started_by_hand_do_the_stages_or_say_what_they_lack(
    scheduler: str, daemon: str, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = os.environ | {"DASK_DISTRIBUTED__WORKER__DAEMON": daemon}
    command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--nthreads", "1", "--no-dashboard"]
    worker = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        done = run_grid(scheduler=scheduler)
    finally:
        worker.terminate()
        worker.wait()
    if daemon == "False":
        assert (done, starts(), recorded()) == (0, ONCE, True)
    else:
        assert done == 1
        assert "expected DASK_DISTRIBUTED__WORKER__DAEMON=False" in capsys.readouterr().out
        assert not Path("starts").exists()


@pytest.mark.slow
def test_the_jobs_of_slurm_do_the_stages(with_dask: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, script in (("sbatch", SBATCH), ("scancel", "#!/bin/sh\nkill $(cat pid)\n")):
        Path(name).write_text(script)
        Path(name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{with_dask}:{os.environ['PATH']}")
    Path("slurm.yaml").write_text("{jobs: 1, cores: 1, job_cpu: 4, memory: 1GB, queue: gpu, interface: lo}")
    assert run_grid(slurm=Path("slurm.yaml")) == 0
    assert (starts(), recorded()) == (ONCE, True)
    script = Path("script").read_text()
    assert "#SBATCH -p gpu" in script
    assert "#SBATCH --cpus-per-task=4" in script
    assert "export DASK_DISTRIBUTED__WORKER__DAEMON=False" in script


@pytest.mark.parametrize("text", ["[1]", "cores: 1", "jobs: many", "{jobs: 1, cores: 1, memory: 1GB, speed: 9}"])
def test_a_file_that_does_not_describe_slurm_jobs_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "slurm.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"slurm\.yaml is no description of Slurm jobs"):
        dask_workers._slurm(file)


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "ANSWERS_WITHIN", "1s")
    with pytest.raises(InputError, match=r"No Dask scheduler answers at tcp://127.0.0.1:1, expected tcp://HOST:PORT"):
        dask_workers._connected("tcp://127.0.0.1:1")
