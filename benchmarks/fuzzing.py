"""Thousands of damaged files of each format through check and prepare: what becomes of them.

Each row is a process of its own that may take 3 GiB of address space. Every input must end in a sentence that stops
both commands, or in a case that both accept; anything else counts as a crash and is printed.

Usage: python benchmarks/fuzzing.py [--inputs 1000] [--seconds 300] [--out reports/benchmarks]
Writes fuzzing.md.
"""

import contextlib
import io
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pages
from fuzz_mutations import damaged
from fuzz_targets import ROOT, Target, targets
from hypothesis import HealthCheck, Phase, given, settings
from tqdm import tqdm

from segloss.config import load_params
from segloss.data.checking import check
from segloss.data.inventory import take_inventory
from segloss.data.preparation import prepare
from segloss.errors import InputError

ADDRESS_SPACE = 3 * 2**30
HANGS = 60.0  # seconds for one input, many times what any valid one takes


class OverError(BaseException):
    """The time of a kind is over; no Exception, which hypothesis would try again."""


class Fuzzed:
    """A valid data set in a folder of its own, which becomes the working folder.

    Args:
        target: The data set.
        root: An empty folder.
    """

    def __init__(self, target: Target, root: Path) -> None:
        params = load_params(ROOT / "params.yaml")
        dataset = params["datasets"][target.dataset]
        self.target, self.raw = target, root / "raw"
        self.folder = self.raw / dataset["folder"]
        self.params: dict[str, Any] = {**params, "datasets": {target.dataset: dataset}, "data_root": str(self.raw)}
        for path, content in target.files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)
        os.chdir(root)
        take_inventory(self.raw, self.params)

    def outcome(self, content: bytes) -> str:
        """``clear error`` or ``valid case``; whatever else an input does is raised.

        Raises:
            AssertionError: If check and prepare disagree, or the message is not one sentence that names a file.
        """
        (self.folder / self.target.place).write_bytes(content)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            checked = self._message(lambda: check(self.target.dataset, self.raw, self.params), printed)
            prepared = self._message(lambda: prepare(self.target.dataset, self.params), io.StringIO())
        assert bool(checked) == bool(prepared), f"check said {checked[:200]!r}, prepare {prepared[:200]!r}"
        if not prepared:
            return "valid case"
        assert str(self.raw) in prepared, f"names no file: {prepared[:200]!r}"
        assert "\n" not in prepared, f"not one line: {prepared[:200]!r}"
        return "clear error"

    @staticmethod
    def _message(run: Any, printed: io.StringIO) -> str:
        """What a command stops with; empty if it does not."""
        try:
            return printed.getvalue() or "stops" if run() else ""
        except InputError as error:
            return str(error)


def fuzz(target: Target, inputs: int, seconds: float, sender: Any) -> None:
    """Send what became of the inputs, and how long the slowest took."""
    counts: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as root:
        fuzzed = Fuzzed(target, Path(root))
        assert fuzzed.outcome(target.files[target.place]) == "valid case", target.name
        # Only now: libraries that are loaded first claim address space that they do not use.
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, resource.RLIM_INFINITY))
        sender.send("ready")
        start = time.perf_counter()
        bounded = settings(max_examples=inputs, derandomize=True, deadline=None, database=None)

        @settings(bounded, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(damaged(target))
        def one(content: bytes) -> None:
            nonlocal slowest
            if time.perf_counter() - start > seconds:
                raise OverError
            began = time.perf_counter()
            sender.send("begun")
            try:
                outcome = fuzzed.outcome(content)
            except Exception as error:
                outcome = "crash"
                print(f"{target.name}: {type(error).__name__}: {error}", file=sys.stderr)
            counts[outcome] += 1
            slowest = max(slowest, time.perf_counter() - began)

        with contextlib.suppress(OverError):
            one()
        os.chdir(ROOT)
    sender.send((counts, slowest))


def row(target: Target, inputs: int, seconds: float) -> list[str]:
    """Format, inputs, clear errors, valid cases, crashes, and seconds of the slowest."""
    context = multiprocessing.get_context("fork")  # loaded once: libraries take longer than many inputs
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=fuzz, args=(target, inputs, seconds, sender))
    process.start()
    sender.close()
    begun, counts, slowest = 0, Counter({"crash": 1}), HANGS
    try:
        receiver.recv()  # ready: loading the libraries counts for no input
        while receiver.poll(HANGS):
            answer = receiver.recv()
            if answer == "begun":
                begun += 1
            else:
                counts, slowest = answer
                break
    except EOFError:  # done, or dead without an answer, which is the crash counted above
        pass
    process.kill()
    process.join()
    tried = max(counts.total(), begun)
    outcomes = [str(counts[outcome]) for outcome in ("clear error", "valid case", "crash")]
    return [target.format, target.dataset, str(tried), *outcomes, f"{slowest:.2f}"]


def page(rows: list[list[str]]) -> list[str]:
    """The sums, and all rows."""
    tried, crashes = sum(int(cells[2]) for cells in rows), sum(int(cells[5]) for cells in rows)
    found = [("inputs that end in neither", "0", str(crashes), f"{tried:,} inputs, {len(rows)} kinds")]
    said = (
        "Random bytes, flipped bits, missing and repeated pieces and header fields of extreme value, in one file of a "
        "phantom data set that is valid otherwise. Each goes through `check` and `prepare`, which have to agree: a "
        "sentence that names a file, or a case. A crash is anything else: another exception, a dead process, "
        f"{HANGS:.0f} seconds without an answer, more than {ADDRESS_SPACE >> 30} GiB of address space. The times are "
        f"those of a machine at work with other things. {pages.versions('hypothesis', 'nibabel', 'pillow', 'h5py')}."
    )
    heads = ["format", "layout", "inputs", "clear errors", "valid cases", "crashes", "slowest, s"]
    return [said, "", *pages.findings(found), "", *pages.table(heads, rows)]


def main() -> None:
    """Fuzz and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--inputs", type=int, default=1000, help="of each kind")
    parser.add_argument("--seconds", type=float, default=300, help="in all; kinds that reach their share stop there")
    arguments = parser.parse_args()
    kinds = targets()
    rows = [row(kind, arguments.inputs, arguments.seconds / len(kinds)) for kind in tqdm(kinds, unit="kind")]
    pages.write(arguments.out, "fuzzing", "Damaged files", page(rows))


if __name__ == "__main__":
    main()
