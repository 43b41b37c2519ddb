"""The order of a grid: a stage begins when all that it needs has ended, and only this process writes dvc.lock."""

import time
from pathlib import Path
from queue import SimpleQueue

from segloss.grid.job import Ended, Job, own_code
from segloss.grid.workers import Pending, Workers
from segloss.pipeline import Inputs, Pipeline
from segloss.provenance import fingerprint

ATTEMPTS = 3
# dvc.lock takes seconds to write: at most this share of the time goes into that. What is not recorded yet is not lost.
RECORDING_SHARE = 0.01


class Grid:
    """A run of all stages of a pipeline that are out of date.

    Args:
        pipeline: As it was before anything imported the code of its stages.
        workers: Who runs them.
        parent: What stands in the file of the parent.
        target: Only this stage, and what it needs.
    """

    def __init__(self, pipeline: Pipeline, workers: Workers, parent: str, target: str | None = None) -> None:
        self._pipeline, self._workers, self._parent = pipeline, workers, parent
        self._waiting = pipeline.needs(target)
        self._running: dict[str, Pending] = {}
        self._ended: SimpleQueue[str] = SimpleQueue()
        self._read: dict[str, Inputs] = {}
        self._attempts: dict[str, int] = {}
        self._unrecorded: list[str] = []
        self._record_at = 0.0
        self.done: list[str] = []
        self.failed: dict[str, str] = {}

    def run(self) -> None:
        """Run everything that can be run. What failed, and what needs that, is left."""
        self._begin()
        while self._running:
            name = self._ended.get()
            # Letting go of a future at once: Dask would compute it again if the worker that holds it died.
            pending = self._running.pop(name)
            try:
                ended = pending.result()
            except Exception as error:  # the worker died once too often, or the cluster is gone
                ended = Ended(f"{type(error).__name__}: {error}", 0.0)
            self._take(name, ended)
            if time.monotonic() > self._record_at or not self._running:
                self._record()
            self._begin()
        self._record()

    @property
    def left(self) -> list[str]:
        """Stages that were not tried, since one that failed comes before them."""
        return [name for name in self._waiting if name not in self.failed]

    def _begin(self) -> None:
        """Send out all stages whose needs are met."""
        while ready := [name for name, needed in self._waiting.items() if not needed]:
            stale = self._pipeline.stale(ready)
            for name in ready:
                if name in stale:
                    del self._waiting[name]
                    self._send(name)
                else:
                    self._release(name)

    def _send(self, name: str) -> None:
        changed = self._pipeline.changed_sources(name)
        if changed:
            self._fail(name, f"{', '.join(changed)} changed since the grid began; run it again")
            return
        self._read[name] = self._pipeline.inputs(name)
        self._attempts[name] = self._attempts.get(name, 0) + 1
        job = Job(
            name,
            self._pipeline.command(name),
            None if self._pipeline.always_runs(name) else fingerprint(self._read[name]),
            tuple(self._pipeline.outputs(name)),
            Path.cwd(),
            self._parent,
            own_code(),
        )
        self._running[name] = self._workers.submit(job, self._attempts[name])
        self._running[name].add_done_callback(lambda _: self._ended.put(name))

    def _take(self, name: str, ended: Ended) -> None:
        if ended.reason is not None:
            if self._attempts[name] < ATTEMPTS:
                print(f"{name}: {ended.reason} (attempt {self._attempts[name]} of {ATTEMPTS})", flush=True)
                self._send(name)
            else:
                self._fail(name, ended.reason)
        elif self._pipeline.inputs(name) != self._read[name]:
            self._fail(name, "its inputs changed while it ran; run the grid again")
        else:
            self.done.append(name)
            self._unrecorded.append(name)
            self._release(name)
            to_go = len(self._running) + len(self._waiting)
            print(f"{name}: done in {ended.seconds:.0f} s, {to_go} stages to go", flush=True)

    def _fail(self, name: str, reason: str) -> None:
        self.failed[name] = reason
        print(f"{name}: failed. {reason}", flush=True)

    def _release(self, name: str) -> None:
        """Let those that need a stage go on."""
        self._waiting.pop(name, None)
        for needed in self._waiting.values():
            needed.discard(name)

    def _record(self) -> None:
        begun = time.monotonic()
        refused = self._pipeline.record({name: self._read[name] for name in self._unrecorded})
        for name, reason in refused.items():
            self.done.remove(name)
            self._fail(name, reason)
        self._unrecorded.clear()
        now = time.monotonic()
        self._record_at = now + (now - begun) / RECORDING_SHARE
