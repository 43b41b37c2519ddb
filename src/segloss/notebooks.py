"""Executing a notebook with parameters, and making its executed copy the same bytes every time."""

import ast
import base64
import hashlib
import html
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from segloss.errors import InputError

# What PyTorch and the libraries of numpy read when they are loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def read_notebook(path: Path, parameters: dict[str, Any]) -> NotebookNode:
    """Read a notebook whose cell tagged ``parameters`` sets exactly these names.

    Raises:
        InputError: If it is missing, is no notebook, has no such cell, or the names differ.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing: expected the paper's notebook.")
    try:
        notebook = nbformat.read(path, as_version=4)
    except (ValueError, nbformat.reader.NotJSONError) as error:
        raise InputError(f"{path} is not a readable notebook: {error}") from error
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise InputError(f"{path} has {len(cells)} cells tagged 'parameters': expected exactly one.")
    assignments = [node for node in ast.parse(cells[0].source).body if isinstance(node, ast.Assign)]
    names = {target.id for node in assignments for target in node.targets if isinstance(target, ast.Name)}
    if wrong := sorted(names ^ set(parameters)):
        raise InputError(
            f"{path}: the cell tagged 'parameters' must set {', '.join(sorted(parameters))}; "
            f"missing there or unknown: {', '.join(wrong)}."
        )
    return notebook


def execute(path: Path, parameters: dict[str, Any], failed: Path) -> NotebookNode:
    """Execute a notebook in its own folder and return the executed copy.

    Raises:
        InputError: If a cell fails; the notebook as far as it got is then kept at ``failed``.
    """
    notebook = read_notebook(path, parameters)
    failed.unlink(missing_ok=True)
    failed.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _one_thread():
            executed = papermill.execute_notebook(
                notebook,
                str(failed),
                parameters=parameters,
                kernel_name="python3",
                language="python",
                cwd=str(path.parent),
                progress_bar=False,
                extra_arguments=["--log-level=ERROR"],
            )
    except PapermillExecutionError as error:
        raise InputError(
            f"{path} failed in cell {error.cell_index + 1} with {error.ename}: {error.evalue} "
            f"The notebook as far as it got is {failed}."
        ) from error
    except DeadKernelError as error:
        raise InputError(f"{path} failed: its kernel died, perhaps for lack of memory; see {failed}.") from error
    failed.unlink()
    return executed


def normalise(notebook: NotebookNode, replace: dict[str, str]) -> NotebookNode:
    """Drop from an executed notebook, in place, all that changes from run to run.

    That is: times, cell ids, the interpreter's version, memory addresses, warnings (printed instead, for
    the person who runs it) and the splitting of printed text into pieces.

    Args:
        replace: Texts to replace everywhere, such as the name of a folder written aside.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        cell.source = _replaced(cell.source, replace)
        if cell.cell_type == "code":
            cell.outputs = [_clean(output, replace) for output in _joined(cell.outputs)]
    return notebook


def refer_to_pictures(notebook: NotebookNode, folder: Path, address: str) -> NotebookNode:
    """Replace, in place, each embedded picture by a reference to the file with the same bytes.

    So a picture is stored once, and JupyterLab and a page at the same depth show the file. One without a file in the
    folder stays embedded.

    Args:
        notebook: An executed notebook, as :func:`normalise` leaves it.
        folder: Where its figures were saved.
        address: Of that folder, as seen from the place where the notebook will lie.
    """
    files = {_digest(path.read_bytes()): path.name for path in sorted(folder.glob("*")) if path.is_file()}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime in ("image/png", "image/svg+xml"):
                content = output.get("data", {}).get(mime)
                raw = b"" if content is None else content.encode() if "svg" in mime else base64.b64decode(content)
                if name := files.get(_digest(raw)):
                    facts = output.metadata.get(mime, {})
                    output.data = {"text/html": _image(f"{address}/{name}", facts), **_text_only(output.data)}
                    output.metadata = {}
    return notebook


@contextmanager
def _one_thread() -> Iterator[None]:
    """Give kernels that start meanwhile one thread each: on small arrays more are slower, and wait busily."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _image(address: str, facts: dict[str, Any]) -> str:
    width = f' width="{facts["width"]}"' if "width" in facts else ""
    alt = html.escape(facts.get("alt", ""))
    return f'<img src="{html.escape(address)}" alt="{alt}"{width} style="max-width:100%;height:auto">'


def _text_only(data: dict[str, str]) -> dict[str, str]:
    return {mime: text for mime, text in data.items() if mime == "text/plain"}


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            print(output.text, end="", file=sys.stderr)
        elif output.output_type == "stream" and kept and kept[-1].output_type == "stream":
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def _clean(output: NotebookNode, replace: dict[str, str]) -> NotebookNode:
    if output.output_type == "stream":
        output.text = _ADDRESS.sub("", _replaced(output.text, replace))
    for mime, content in output.get("data", {}).items():
        if mime.startswith("text/"):
            output.data[mime] = _ADDRESS.sub("", _replaced(content, replace))
    return output


def _replaced(text: str, replace: dict[str, str]) -> str:
    for old, new in replace.items():
        text = text.replace(old, new)
    return text
