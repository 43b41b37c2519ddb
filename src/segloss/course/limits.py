"""Executing a notebook in bounds: so much time per cell and in all, so much memory, no network."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import psutil
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from traitlets import Float, Integer
from traitlets.config import Config

from segloss.course.workplace import workplace

OUTPUT_LETTERS = 200_000  # of one cell; what it prints beyond is dropped
PATIENCE = 5  # times its limit may a cell take that the computer keeps waiting
OUT_OF_TIME, NOT_RUN = "CellTimeoutError", "KernelEnded"  # names of the errors that stand in the cells


@dataclass(frozen=True)
class Limits:
    """What a submission may use. A cell's tag ``seconds-N`` gives it another time.

    A cell that waits for the processor for more than half of its time gets more of it, up to :data:`PATIENCE` times.
    """

    cell_seconds: int = 30
    notebook_seconds: int = 600
    memory_gb: float = 4.0

    def config(self) -> Config:
        """The same for the classes below."""
        limited = {"timeout": self.cell_seconds, "notebook_seconds": self.notebook_seconds}
        return Config(LimitedExecute=limited, LimitedKernelManager={"memory_bytes": int(self.memory_gb * 2**30)})


class LimitedKernelManager(AsyncKernelManager):
    """Starts :mod:`segloss.course.kernel` in place of the kernel that a notebook names."""

    memory_bytes = Integer(4 * 2**30).tag(config=True)

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The command line of the kernel."""
        kernel = [sys.executable, "-m", "segloss.course.kernel", str(self.memory_bytes), "-f", self.connection_file]
        return [*kernel, "--log-level=ERROR", *(extra_arguments or [])]


class LimitedExecute(Execute):
    """Runs the cells one after another, the next ones also after an error or when time is up.

    A cell out of time is interrupted and the kernel goes on. A cell that lets nothing interrupt it, or that ends the
    kernel, is the last one: those after it get an error in place of a result, and so no points.
    """

    notebook_seconds = Float(600.0).tag(config=True)

    def __init__(self, **options: Any) -> None:
        options.setdefault("kernel_manager_class", LimitedKernelManager)
        super().__init__(**options)
        self.timeout_func = self.seconds_for
        self.shutdown_kernel = "immediate"
        self.iopub_timeout = 30  # so long may the last prints of a cell take to arrive
        self.startup_timeout = 180

    def seconds_for(self, cell: NotebookNode) -> float:
        """What a cell may take: its own limit, or what is left of the notebook's."""
        tags = [re.fullmatch(r"seconds-(\d+)", tag) for tag in cell.metadata.get("tags", [])]
        own = max((int(tag[1]) for tag in tags if tag), default=self.timeout)
        return max(min(own, self.deadline - monotonic()), 0.1)

    def preprocess(self, nb: NotebookNode, resources: Any = None, km: Any = None) -> tuple[NotebookNode, Any]:
        """Execute the notebook in place."""
        self.ended = ""
        self.resources = resources
        return super().preprocess(nb, resources, km)

    def create_kernel_manager(self) -> LimitedKernelManager:
        """A kernel that talks through files where it can, for which it needs no network."""
        manager = super().create_kernel_manager()
        manager.connection_file = self.place.connection_file
        if os.name == "posix":
            manager.transport = "ipc"
        return manager

    @contextmanager
    def setup_kernel(self, **options: Any) -> Iterator[None]:
        """A kernel at a workplace of its own; no process that it started stays behind."""
        with workplace(Path(self.resources["metadata"]["path"])) as self.place:
            group = None
            try:
                with super().setup_kernel(cwd=str(self.place.work), env=self.place.environment, **options):
                    group = getattr(self.km.provisioner, "pgid", None)
                    self.deadline = monotonic() + self.notebook_seconds  # a slow start costs nobody their points
                    yield
            finally:
                if group:
                    with suppress(ProcessLookupError, PermissionError):
                        os.killpg(group, signal.SIGKILL)

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Run one cell, unless an earlier one has ended everything."""
        self.letters, self.began, self.used = 0, monotonic(), self._processor_seconds()
        if not self.ended and monotonic() > self.deadline:
            self.ended = "the time for the whole notebook was over"
        if self.ended:
            self._add_error(cell, NOT_RUN, f"This cell did not run: {self.ended}.")
            return cell, resources
        try:
            return super().preprocess_cell(cell, resources, index)
        except CellTimeoutError:
            self.ended = "an earlier cell was out of time and could not be interrupted"
            self._add_error(cell, OUT_OF_TIME, "The time was over, and the cell could not be interrupted.")
        except DeadKernelError:
            self.ended = "an earlier cell ended the process"
            self._add_error(cell, NOT_RUN, "This cell ended the process in which all cells run.")
        except Exception as error:  # without memory, a kernel sends messages that nobody can read
            self.ended = "an earlier cell broke the process"
            self._add_error(cell, NOT_RUN, f"This cell broke the process in which all cells run: {error}")
        return cell, resources

    async def _async_handle_timeout(self, timeout: float, cell: NotebookNode | None = None) -> Any:
        """Called when time is up. A cell to which a busy computer gave less than half of it goes on."""
        starved = self._processor_seconds() - self.used < timeout / 2
        if cell is not None and starved and monotonic() < min(self.deadline, self.began + PATIENCE * timeout):
            return None
        return await super()._async_handle_timeout(timeout, cell)

    def _processor_seconds(self) -> float:
        """Of the kernel so far, and of the programs that it has started and that have ended."""
        with suppress(psutil.Error, AttributeError):  # it may have ended
            return float(sum(psutil.Process(self.km.provisioner.pid).cpu_times()[:4]))
        return inf

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Take what a cell prints, up to a length that a page can show."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result"):
            content, room = msg["content"], OUTPUT_LETTERS - self.letters
            if "text" in content:
                content["text"] = content["text"][: max(room, 0)]
            texts = [text for mime, text in content.get("data", {}).items() if not mime.startswith("image/")]
            self.letters += len(content.get("text", "")) + sum(len(str(text)) for text in texts)
            if room <= 0 or self.letters > OUTPUT_LETTERS:
                return None
        return super().process_message(msg, cell, cell_index)

    @staticmethod
    def _add_error(cell: NotebookNode, name: str, text: str) -> None:
        if cell.cell_type == "code":
            cell.outputs.append(new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"]))
