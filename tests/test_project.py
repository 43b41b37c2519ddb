"""The project's files agree with one another and hold to its rules."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
import zlib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from segloss.__main__ import parse

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "segloss"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Each module may import from those of the lines above its own, and from its own package.
LAYERS = [
    {"errors", "paths"},
    {"config", "provenance", "commands", "pipeline", "side_by_side"},
    {"turns"},
    {
        "losses",
        "networks",
        "metrics",
        "published",
        "table_formats",
        "compact_pictures",
        "metrics_files",
        "settled_layout",
    },
    {"data"},
    {"training", "live_training", "evaluation", "statistics"},
    {"seeds", "sweep", "synthesis", "verdicts"},
    {"tables", "figures", "notebooks"},
    {"report", "site"},
    {"report_stages"},
    {"comparison", "course", "explorer", "gallery", "grid", "prediction", "scales", "tour"},
    {"cheat_sheet", "plan"},
    {"__main__"},
]


def requirements() -> list[Requirement]:
    """Everything that pyproject.toml asks for, extras included."""
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(line) for group in (PROJECT["dependencies"], *extras) for line in group]


def pins() -> dict[str, str]:
    """Name and version of each line of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {
        canonicalize_name(name): version
        for name, version in (line.split("==") for line in lines if not line.startswith("#"))
    }


def tracked_files() -> list[Path]:
    """The files that git tracks and that exist."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def all_imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "segloss":
            names |= {f"segloss.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def imported(path: Path) -> set[str]:
    """Names of the modules of segloss that a file imports, without the leading ``segloss.``."""
    return {name.removeprefix("segloss.") for name in all_imported(path) if name.startswith("segloss.")}


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_the_pin_satisfies_the_requirement(requirement):
    assert pins()[canonicalize_name(requirement.name)] in requirement.specifier


def test_no_pin_carries_a_local_version():
    assert [name for name, version in pins().items() if Version(version).local] == []


def test_conda_brings_only_tools_so_that_every_package_comes_from_the_constraints():
    *conda, by_pip = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert {line.partition("=")[0] for line in conda} == {"python", "pip", "git", "make"}
    assert by_pip == {"pip": ["-c constraints.txt", "-e .[pipeline,course,cluster,dev]"]}


def test_conda_brings_a_python_that_the_project_allows():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    [python] = [line for line in lines if isinstance(line, str) and line.startswith("python=")]
    # Of a minor version without a patch, conda takes the newest; no minor version has had a patch 99.
    assert f"{python.removeprefix('python=')}.99" in SpecifierSet(PROJECT["requires-python"])


def test_no_project_file_names_an_index_or_a_host_of_packages():
    for name in ("pyproject.toml", "constraints.txt", "environment.yml", "Makefile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"find-links|index-url|file://|trusted-host", text), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_command_of_a_document_exists(document):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^ *|`)make ([a-z-]+)", document.read_text(encoding="utf-8"), flags=re.MULTILINE):
        assert re.search(rf"^{target}:.*## ", makefile, flags=re.MULTILINE), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_line_of_a_document_is_understood(document):
    text = document.read_text(encoding="utf-8")
    for line in re.findall(r"python -m segloss ([^#`&\n]+)", text):
        parse(shlex.split(line))


def test_the_first_two_commands_of_the_readme_are_reproduce_and_test():
    commands = re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert commands[:2] == ["reproduce", "test"]


def test_every_target_of_the_makefile_explains_itself():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [targets] = re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"make ([a-z-]+) +\S", listed) == targets.split()


def test_every_file_that_the_tree_of_the_readme_shows_exists():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [tree] = re.findall(r"<!-- tree -->\n+```text\n(.*?)```", readme, flags=re.DOTALL)
    shown = [line.split()[0] for line in tree.splitlines() if not line.startswith(" ")]
    made_by_a_run = {"build/", "data/"}
    assert [name for name in shown if name not in made_by_a_run and not (ROOT / name).exists()] == []


def test_every_file_that_the_documents_link_to_exists():
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
        assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_citation_names_the_five_papers_and_the_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    first_authors = [paper["authors"][0]["family-names"] for paper in citation["references"]]
    assert first_authors == ["Zhang", "Hosseini", "Kervadec", "Yeung", "Jadon"]
    assert citation["version"] == PROJECT["version"]


def test_each_module_stands_on_one_layer():
    modules = {path.stem for path in PACKAGE.glob("*") if not path.name.startswith("__")} | {"__main__"}
    assert modules == set().union(*LAYERS)
    assert sum(map(len, LAYERS)) == len(modules)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_from_higher_layers_to_lower_ones(path):
    layer_of = {module: depth for depth, layer in enumerate(LAYERS) for module in layer}
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    others = {name.partition(".")[0] for name in imported(path)} - {own}
    assert [name for name in others if own != "__init__" and layer_of[name] >= layer_of[own]] == []


def test_losses_import_nothing_of_the_rest():
    for path in (PACKAGE / "losses").rglob("*.py"):
        assert {name.partition(".")[0] for name in imported(path)} <= {"losses"}, path.name


def test_losses_and_networks_run_on_the_light_install():
    core = {Requirement(line).name for line in PROJECT["dependencies"]} | {"segloss"} | sys.stdlib_module_names
    for path in (*(PACKAGE / "losses").rglob("*.py"), *(PACKAGE / "networks").rglob("*.py")):
        assert {name.partition(".")[0] for name in all_imported(path)} <= core, path.name


def test_reports_import_no_training():
    users = {
        path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for path in PACKAGE.rglob("*.py")
        if "training" in {name.partition(".")[0] for name in imported(path)}
    }
    assert users <= {"training", "__main__", "plan", "prediction", "seeds", "sweep", "synthesis"}


def test_no_module_is_longer_than_250_lines():
    long = [path.name for path in PACKAGE.rglob("*.py") if len(path.read_text(encoding="utf-8").splitlines()) > 250]
    assert long == []


def test_no_tracked_file_holds_a_path_of_this_machine():
    local = [f"{ROOT}/".encode(), f"{Path.home()}/".encode()]
    named = [path.name for path in tracked_files() if any(place in path.read_bytes() for place in local)]
    assert named == []


def test_no_tracked_file_is_large():
    # Metrics are one row per value, for every image: the largest files, and they compress well.
    limits = {path: 10_000_000 if path.is_relative_to(ROOT / "reports") else 1_000_000 for path in tracked_files()}
    assert [path.name for path, limit in limits.items() if path.stat().st_size > limit] == []


def test_git_stores_the_reports_in_at_most_12_mb():
    reports = [path for path in tracked_files() if path.is_relative_to(ROOT / "reports")]
    sizes = {path: len(zlib.compress(path.read_bytes())) for path in reports}
    assert sum(sizes.values()) <= 12e6, sorted(sizes, key=lambda path: -sizes[path])[:10]


def test_the_reports_fill_at_most_28_mb_of_disk():
    sizes = {path: path.stat().st_size for path in tracked_files() if path.is_relative_to(ROOT / "reports")}
    assert sum(sizes.values()) <= 28e6, sorted(sizes, key=lambda path: -sizes[path])[:10]
