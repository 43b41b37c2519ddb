"""A pipeline of five stages, each of which takes milliseconds, and what can be seen of its runs."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from dvc.repo import Repo

STEPS = """
import os, sys, time
from pathlib import Path

name, word, target, *sources = sys.argv[1:]
with open("starts", "a") as starts:
    starts.write(name + "\\n")
print("begun")
while Path(f"hold-{name}").exists():
    Path(f"beat-{name}").write_text(str(os.getpid()))
    time.sleep(0.02)
if (edit := Path(f"edit-{name}")).exists():
    path, text = edit.read_text().split("=")
    Path(path).write_text(text)
if (fails := Path(f"fail-{name}")).exists():
    left = int(fails.read_text()) - 1
    fails.write_text(str(left)) if left else fails.unlink()
    sys.exit("The disk is full.")
Path(target).write_text(name + word + "".join(Path(source).read_text() for source in sources))
"""
SETTINGS = "word: hello\nother: 1\n"
NEEDS = {"a": ["source"], "b": ["a.out"], "c": ["a.out"], "d": ["b.out", "c.out"], "e": ["source"]}


def write_pipeline(folder: Path) -> None:
    """Write the files of the pipeline: d needs b and c, which need a; e needs none of them."""
    stages = "".join(
        f"  {name}:\n    cmd: python -m steps {name} ${{word}} {name}.out {' '.join(needed)}\n"
        f"    deps: [steps.py, {', '.join(needed)}]\n    params: [other]\n    outs: [{name}.out]\n"
        for name, needed in NEEDS.items()
    )
    (folder / "dvc.yaml").write_text(f"stages:\n{stages}", encoding="utf-8")
    (folder / "params.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "steps.py").write_text(STEPS, encoding="utf-8")
    (folder / "source").write_text("!", encoding="utf-8")
    Repo.init(str(folder), no_scm=True).close()


def starts() -> dict[str, int]:
    """How often each stage was begun."""
    return dict(Counter(Path("starts").read_text().split()))


def recorded() -> bool:
    """Whether DVC finds nothing to do."""
    with Repo() as repo:
        return repo.status() == {}


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that another process does."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError
        time.sleep(0.05)


def beats(name: str) -> bool:
    """Whether the process of a stage that is held is alive."""
    heart = Path(f"beat-{name}")
    return heart.exists() and time.time() - heart.stat().st_mtime < 1
