"""A DVC pipeline small enough to watch: two losses that choose a threshold on noisy pictures, in a few seconds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

SCRIPTS = ("prepare.py", "train.py", "compare.py")
PARAMS = {"cases": 40, "losses": {"dice": {"keep": 1.0}, "topk_dice": {"keep": 0.5}}, "decimals": 3}
STAGES = {
    "prepare": {
        "cmd": "python prepare.py",
        "deps": ["prepare.py"],
        "params": ["cases"],
        "outs": ["cases.npy"],
    },
    "train": {
        "foreach": "${losses}",
        "do": {
            "cmd": "python train.py ${key}",
            "deps": ["train.py", "cases.npy"],
            "params": ["losses.${key}"],
            "outs": ["scores-${key}.csv"],
        },
    },
    "compare": {
        "cmd": "python compare.py",
        "deps": ["compare.py", "scores-dice.csv", "scores-topk_dice.csv"],
        "params": ["decimals"],
        "metrics": [{"comparison.json": {"cache": False}}],
    },
}


def make_pipeline(folder: Path) -> None:
    """Make the pipeline in an empty folder, with its git repository, run it once and commit it.

    Args:
        folder: Empty; whoever made it takes it away.

    Raises:
        RuntimeError: If git or DVC fails; it holds what they said.
    """
    for name in SCRIPTS:
        shutil.copyfile(Path(__file__).parent / name, folder / name)
    (folder / "params.yaml").write_text(yaml.safe_dump(PARAMS, sort_keys=False), encoding="utf-8")
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES}, sort_keys=False), encoding="utf-8")
    _run(folder, "git", "init", "-q")
    dvc(folder, "init", "-q")
    dvc(folder, "repro")
    _run(folder, "git", "add", "-A")
    _run(folder, "git", "commit", "-q", "-m", "the pipeline, run once")


def dvc(folder: Path, *arguments: str) -> str:
    """What ``dvc`` with these arguments prints in the folder, without its network and without its telemetry.

    Raises:
        RuntimeError: If DVC fails; it holds what DVC said.
    """
    return _run(folder, sys.executable, "-m", "dvc", *arguments)


def _run(folder: Path, *command: str) -> str:
    author = {f"GIT_{role}_{part}": "course" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = (
        os.environ
        | author
        | {
            # The stages say `python`: the one that runs this, whichever the shell would find.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "DVC_NO_ANALYTICS": "true",
            "DVC_SITE_CACHE_DIR": str(folder / ".dvc" / "tmp" / "site"),
            "CI": "true",  # DVC then does not ask the network for a newer version
            "PYTHONDONTWRITEBYTECODE": "1",
        }
    )
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout
