"""Nothing in src/ runs what it reads: no pickle, no eval, no shell, no archive or YAML taken on trust."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[1] / "src").rglob("*.py"))
# Modules that run what they load, or that check nothing of it.
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "telnetlib", "ftplib", "xmlrpc"}
# Calls that are never safe.
CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "tempfile.mktemp"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "pandas.read_pickle", "pd.read_pickle"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "ssl._create_unverified_context"),
}
# Calls that are safe with one argument of one value.
NEEDED = {
    "torch.load": ("weights_only", True),
    "extractall": ("filter", "data"),
    "extract": ("filter", "data"),
    "unpack_archive": ("filter", "data"),
}
# Arguments that are never safe with this value.
ARGUMENTS = {"shell": True, "allow_pickle": True, "verify": False}


def unsafe(source: str) -> list[str]:
    """What is unsafe in a source, line by line."""
    nodes = ast.walk(ast.parse(source))
    found = [(getattr(node, "lineno", 0), name) for node in nodes for name in names_in(node)]
    return [f"{line}: {name}" for line, name in sorted(found)]


def names_in(node: ast.AST) -> Iterator[str]:
    """What is unsafe in one node."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        of = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        only_its_error = isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} <= {
            "UnpicklingError"
        }
        yield from (name for name in of if name.partition(".")[0] in MODULES and not only_its_error)
        if isinstance(node, ast.ImportFrom):  # else a call by its bare name would pass
            yield from (full for alias in node.names if (full := f"{node.module}.{alias.name}") in {*CALLS, *NEEDED})
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        given = {argument.arg: argument.value for argument in node.keywords}
        if called in CALLS:
            yield called
        for needed in NEEDED.keys() & {called, called.rpartition(".")[2]}:
            name, value = NEEDED[needed]
            if not (name in given and is_constant(given[name], value)):
                yield called
        yield from (f"{called}({name})" for name in given if name in ARGUMENTS and not safe(given[name], name))


def safe(value: ast.expr, name: str) -> bool:
    return isinstance(value, ast.Constant) and value.value is not ARGUMENTS[name]


def is_constant(value: ast.expr, expected: object) -> bool:
    return isinstance(value, ast.Constant) and value.value == expected


def test_no_source_runs_what_it_reads() -> None:
    assert len(SOURCES) > 100
    found = {path.name: unsafe(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.numpy_pickle",
        "eval(text)",
        "exec(text)",
        "__import__(name)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=flag)",
        "from torch import load",
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "yaml.unsafe_load(text)",
        "from yaml import unsafe_load",
        "subprocess.run(command, shell=True)",
        "subprocess.Popen(command, shell=flag)",
        "os.system(command)",
        "from os import system",
        "tempfile.mktemp()",
        "tarred.extractall(folder)",
        "tarred.extractall(folder, filter='fully_trusted')",
        "tarred.extract(member, folder)",
        "shutil.unpack_archive(path, folder)",
        "pd.read_pickle(path)",
        "requests.get(url, verify=False)",
        "def inner():\n    return [eval(x) for x in xs]",
    ],
)
def test_each_unsafe_call_is_found(line: str) -> None:
    assert len(unsafe(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "np.load(path)",
        "np.load(path, allow_pickle=False)",
        "torch.load(path, weights_only=True)",
        "yaml.safe_load(text)",
        "subprocess.run(['git', 'status'], shell=False)",
        "tarred.extractall(folder, filter='data')",
        "from pickle import UnpicklingError",
        "network.eval()",
        "re.compile(pattern)",
        "frame.eval",
    ],
)
def test_what_is_safe_is_not_found(line: str) -> None:
    assert unsafe(line) == []
