"""Another scale runs in a git worktree of its own, so that params.yaml and dvc.lock stay as they are."""

import re
import shutil
import sys
from pathlib import Path

import yaml

from segloss.commands import dvc, git, segloss
from segloss.config import entry, load_params
from segloss.errors import InputError
from segloss.paths import executed_notebook, figures_folder, metrics_folder, synthesis_folder, tables_folder
from segloss.provenance import written_aside
from segloss.site import build_site

SCALES = Path("build/scales")
NEEDS_REAL_DATA = ("subset", "paper")
SOURCES = ("src", "notebooks", "docs", "params.yaml", "dvc.yaml")


def run_at_scale(
    scale: str,
    data_root: Path | None = None,
    paper: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    slurm: Path | None = None,
) -> None:
    """Run the committed pipeline at ``scale`` below build/scales/ and bring its reports back.

    An interrupted run resumes when the same command is given again.

    Args:
        scale: A name under ``scales`` in params.yaml.
        data_root: The folder that holds one folder per data set; None means the phantoms.
        paper: Run this paper only.
        workers, scheduler, slurm: Where the stages run, as ``run_grid`` has it.

    Raises:
        InputError: If the scale, the paper or the data root is unknown, or a stage failed.
    """
    params = load_params()
    entry(params, "scales", scale)
    papers = list(params["papers"]) if paper is None else [paper]
    for name in papers:
        entry(params, "papers", name)
    worktree = prepared_worktree(scale, data_root)
    where = {"paper": paper, "workers": workers, "scheduler": scheduler, "slurm": slurm and slurm.resolve()}
    words = [word for name, value in where.items() if value is not None for word in (f"--{name}", str(value))]
    segloss("grid", *words, folder=worktree)
    dvc("repro", *(f"report@{name}" for name in papers), "--keep-going", folder=worktree)
    for name in papers:
        bring_back(worktree, scale, name)
    build_site()


def synthesis_at_scale(scale: str, data_root: Path | None = None, workers: int | None = None) -> None:
    """Run the committed synthesis at ``scale`` below build/scales/ and bring its small tables back.

    An interrupted one resumes when the same command is given again.

    Args:
        scale: A name under ``scales`` in params.yaml.
        data_root: The folder that holds one folder per data set; None means the phantoms.
        workers: Runs at once; one per core if left out.

    Raises:
        InputError: If the scale or the data root is unknown, or a step failed.
    """
    entry(load_params(), "scales", scale)
    worktree = prepared_worktree(scale, data_root)
    segloss("synthesis", *(() if workers is None else ("--workers", str(workers))), folder=worktree)
    with written_aside(synthesis_folder(scale)) as aside:
        shutil.copytree(worktree / synthesis_folder(scale), aside, dirs_exist_ok=True)


def prepared_worktree(scale: str, data_root: Path | None) -> Path:
    """A worktree whose data sets are prepared at a scale.

    Raises:
        InputError: If real data are needed and not there, or a stage failed.
    """
    if data_root is None and scale in NEEDS_REAL_DATA:
        raise InputError(f"The scale {scale} needs DATA_ROOT, a folder that holds a folder per data set.")
    if data_root is not None and not data_root.is_dir():
        raise InputError(f"DATA_ROOT {data_root} is no folder; expected one that holds a folder per data set.")

    worktree = check_out(SCALES / scale)
    write_params(worktree / "params.yaml", scale, data_root)
    share_cache(worktree)
    if data_root is None:
        dvc("pull", "--quiet", "data.dvc", folder=worktree)
    dvc("repro", "prepare", folder=worktree)
    return worktree


def check_out(worktree: Path) -> Path:
    """Make or update a worktree at HEAD; finished stages of an earlier run stay finished."""
    changed = git("status", "--porcelain", "--", *SOURCES)
    if changed:
        names = ", ".join(line.split()[-1] for line in changed.splitlines())
        print(f"Another scale runs what is committed, without your changes in {names}.", file=sys.stderr)
    if not (worktree / ".git").exists():
        git("worktree", "prune")
        git("worktree", "add", "--detach", str(worktree), "HEAD")
        return worktree
    head = git("rev-parse", "HEAD")
    git("reset", "--soft", head, folder=worktree)
    everything_but = (".", ":(exclude)reports", ":(exclude)dvc.lock")
    git("restore", f"--source={head}", "--staged", "--worktree", "--", *everything_but, folder=worktree)
    return worktree


def write_params(path: Path, scale: str, data_root: Path | None) -> None:
    """Put the scale and the absolute data root into a params.yaml, and narrow its grid to the scale's arms.

    Only the two lines change, unless the scale lists ``arms``: then the arms that it does not list are left out, and so
    are the evaluations and papers that none of them needs. Every data set is still prepared.
    """
    text = path.read_text(encoding="utf-8")
    root = "data" if data_root is None else data_root.resolve().as_posix()
    for key, value in (("scale", scale), ("data_root", root)):
        line = yaml.safe_dump({key: value}, width=float("inf"), allow_unicode=True).strip()
        text = re.sub(rf"(?m)^{key}:.*$", line.replace("\\", r"\\"), text, count=1)
    params = yaml.safe_load(text)
    listed = params["scales"][scale].get("arms")
    if listed:
        params["arms"] = {name: params["arms"][name] for name in listed}
        for section, key in (("evaluated", "dataset"), ("papers", "paper")):
            used = {arm[key] for arm in params["arms"].values()}
            params[section] = {name: value for name, value in params[section].items() if name in used}
        text = yaml.safe_dump(params, sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def share_cache(worktree: Path) -> None:
    """Let the worktree store its outputs in the main DVC cache: they survive ``make clean``."""
    config = worktree / ".dvc" / "config.local"
    config.write_text(f"[cache]\n    dir = {dvc('cache', 'dir', capture=True)}\n", encoding="utf-8")


def bring_back(worktree: Path, scale: str, paper: str) -> None:
    """Copy a paper's notebook, figures, tables and metrics of this scale, and nothing else."""
    for folder in (metrics_folder(scale, paper), figures_folder(scale, paper), tables_folder(scale, paper)):
        with written_aside(folder) as aside:
            shutil.copytree(worktree / folder, aside, dirs_exist_ok=True)
    notebook = executed_notebook(scale, paper)
    notebook.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(worktree / notebook, notebook)
