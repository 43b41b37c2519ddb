"""The page that a benchmark leaves under reports/benchmarks: what was measured, on what, and what it says."""

import platform
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FOLDER = Path("reports/benchmarks")


def arguments_of(script_docstring: str | None) -> ArgumentParser:
    """The options of a benchmark, with where its page goes."""
    parser = ArgumentParser(description=(script_docstring or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the page")
    return parser


def machine(device: str, threads: int) -> str:
    """Device, threads and version of PyTorch; no name by which one machine could be told from its like."""
    if device == "cuda":
        import torch  # only here: it would count as memory of the processes that measure theirs

        return f"{torch.cuda.get_device_name()}, {versions('torch')}"
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line for line in lines if line.startswith("model name")]
    processor = names[0].split(":")[1].strip() if names else platform.processor()
    return f"{processor}, {threads} thread{'s' * (threads > 1)}, {versions('torch')}"


def versions(*packages: str) -> str:
    """Each package with its version, or that it is missing."""
    return ", ".join(map(_version, packages))


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} missing"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table, line by line; words to the left, numbers to the right."""
    rows = list(rows)
    right = [all(row[column][:1].isdigit() for row in rows) for column in range(len(heads))]
    rule = ["---:" if to_the_right else "---" for to_the_right in right]
    return [f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows)]


def findings(rows: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """What the numbers say: what was compared, what was to be reached, what was reached, and where."""
    return table(["compared", "to be reached", "reached", "where"], rows)


def write(folder: Path, name: str, title: str, lines: Iterable[str]) -> None:
    """Print the page and write it to ``<folder>/<name>.md``."""
    text = "\n".join([f"# {title}", "", *lines, ""])
    print(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
