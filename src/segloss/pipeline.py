"""The stages of dvc.yaml as DVC sees them: in which order, which are out of date, and how one is recorded as done."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segloss.errors import InputError

if TYPE_CHECKING:
    from dvc.dependency import Dependency
    from dvc.stage import PipelineStage

# All that a stage reads: its definition, parameters by their key, hashes by their path.
Inputs = dict[str, Any]
# DVC gives up after a few seconds each time.
LOCK_ATTEMPTS = 100
DEFINED_BY = (Path("dvc.yaml"), Path("params.yaml"))


class Pipeline:
    """The pipeline of the present folder. Stages go by the names that dvc.yaml gives them: ``train@scd-kappa``."""

    def __init__(self) -> None:
        from dvc.repo import Repo

        self._repo = Repo()
        self._defined_by = _texts()
        self._definitions = _definitions(self._stages.values())
        self._parsed: dict[str, tuple[bytes, Any]] = {}
        deps = [dep for stage in self._stages.values() for dep in stage.deps]
        sources = {dep.def_path: dep for dep in deps if not (_is_params(dep) or self._is_made(dep))}
        self._sources = {path: _hash(dep) for path, dep in sources.items()}

    @cached_property
    def _stages(self) -> dict[str, "PipelineStage"]:
        return {stage.addressing: stage for stage in self._repo.index.stages if stage.cmd}

    @cached_property
    def _graph(self) -> dict[str, list[str]]:
        graph = self._repo.index.graph
        return {stage.addressing: [needed.addressing for needed in graph.successors(stage)] for stage in graph}

    def needs(self, target: str | None = None) -> dict[str, set[str]]:
        """Stages, in the order of dvc.yaml, with those whose results each reads itself.

        Args:
            target: Only this stage and what it needs, directly or through others; by default all stages.

        Raises:
            InputError: If there is no such stage.
        """
        if target is not None and target not in self._stages:
            raise InputError(f"dvc.yaml has no stage {target}; it has {', '.join(self._stages)}.")
        wanted = set(self._stages) if target is None else {target}
        found: set[str] = set()
        while wanted:
            found |= wanted
            wanted = {needed for name in wanted for needed in self._graph[name]} - found
        return {name: found.intersection(self._graph[name], self._stages) for name in self._stages if name in found}

    def command(self, name: str) -> str:
        """What a stage runs, as a shell reads it."""
        return self._stages[name].cmd

    def always_runs(self, name: str) -> bool:
        """Whether a stage runs even if nothing changed."""
        return self._stages[name].always_changed

    def outputs(self, name: str) -> list[Path]:
        """Files and folders that a stage writes."""
        return [Path(out.def_path) for out in self._stages[name].outs]

    def inputs(self, name: str) -> Inputs:
        """What a stage reads, as it is now. It must be there."""
        with self._parsing_once():
            return {"definition": self._definition(name), **{str(dep): _hash(dep) for dep in self._stages[name].deps}}

    def changed_sources(self, name: str) -> list[str]:
        """Files of a stage that no stage makes, and that are not what they were when this pipeline was read."""
        deps = {dep.def_path: dep for dep in self._stages[name].deps if not _is_params(dep)}
        return [path for path, was in self._sources.items() if path in deps and _hash(deps[path]) != was]

    def stale(self, names: Collection[str]) -> list[str]:
        """Those of the stages that have to run. What ran before, and is in DVC's cache, is brought back and recorded.

        What they need must be there and up to date.
        """
        from dvc.stage.cache import RunCacheNotFoundError

        stale, restored = [], {}
        with self._locked():
            for name in names:
                stage = self._stages[name]
                if not (self.always_runs(name) or stage.changed()):
                    continue
                try:
                    self._restore(stage)
                    restored[name] = self.inputs(name)
                except RunCacheNotFoundError:
                    stale.append(name)
        self.record(restored)
        return stale

    def record(self, ran: Mapping[str, Inputs]) -> dict[str, str]:
        """Write what stages read and wrote into dvc.lock, and their outputs into DVC's cache.

        The same as ``dvc commit --force`` of each, but dvc.lock, which takes seconds to write, is written once, and a
        stage is left out if it read something else than what is there now, or left an output out.

        Args:
            ran: Stages that have run, and what was there for each to read before it began.

        Returns:
            The stages that are not recorded, each with the reason.
        """
        from dvc.exceptions import DvcException

        well, refused = [], {}
        with self._locked():
            for name, read in ran.items():
                stage = self._stages[name]
                try:
                    stage.save(run_cache=False)
                    now = {"definition": self._definition(name), **{str(dep): _value(dep) for dep in stage.deps}}
                    if now != read:
                        changed = ", ".join(key for key in now if now[key] != read.get(key))
                        refused[name] = f"its inputs changed while it ran: {changed}"
                        continue
                    self._repo.stage_cache.save(stage)
                    stage.commit()
                    well.append(stage)
                except DvcException as error:
                    refused[name] = str(error)
            if well:
                well[0].dvcfile.dump_stages(well, update_pipeline=False)
        return refused

    def _restore(self, stage: "PipelineStage") -> None:
        from dvc.exceptions import ConfirmRemoveError

        try:
            self._repo.stage_cache.restore(stage)
        except ConfirmRemoveError:  # a stage that was run by hand left something that DVC does not know
            stage.remove_outs()
            self._repo.stage_cache.restore(stage)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold DVC's lock, which another DVC command in this folder may have for a while."""
        from dvc.lock import LockError

        with ExitStack() as held:
            for attempt in range(LOCK_ATTEMPTS):
                try:
                    held.enter_context(self._repo.lock)
                    break
                except LockError:
                    if attempt == LOCK_ATTEMPTS - 1:
                        raise
            with self._parsing_once():
                yield

    def _definition(self, name: str) -> dict[str, Any] | None:
        """What dvc.yaml and params.yaml make of a stage now: both can change while stages run."""
        from dvc.exceptions import DvcException
        from dvc.repo import Repo

        texts = _texts()
        if texts != self._defined_by:
            self._defined_by = texts
            try:
                with Repo() as repo:
                    self._definitions = _definitions(stage for stage in repo.index.stages if stage.cmd)
            except DvcException:  # somebody is writing them
                self._definitions = {}
        return self._definitions.get(name)

    @contextmanager
    def _parsing_once(self) -> Iterator[None]:
        """Let DVC parse parameters again only if their file has changed: it would several times for each stage."""
        from dvc.utils.serialize import LOADERS, load_yaml

        def load(path: str, fs: Any = None, **options: Any) -> Any:
            text = Path(path).read_bytes()
            if path not in self._parsed or self._parsed[path][0] != text:
                self._parsed[path] = (text, load_yaml(path, fs=fs, **options))
            return self._parsed[path][1]

        before = LOADERS[".yaml"]
        LOADERS[".yaml"] = load
        try:
            yield
        finally:
            LOADERS[".yaml"] = before

    def _is_made(self, dep: "Dependency") -> bool:
        """Whether a stage writes what another one reads, or a part of it."""
        outs, key = self._repo.index.outs_trie, dep.fs.parts(dep.fs_path)
        return any(outs.prefixes(key)) or outs.has_subtrie(key)


def _texts() -> list[bytes]:
    return [path.read_bytes() for path in DEFINED_BY if path.is_file()]


def _definitions(stages: Any) -> dict[str, dict[str, Any]]:
    from dvc.stage.serialize import to_pipeline_file

    return {stage.addressing: to_pipeline_file(stage) for stage in stages}


def _is_params(dep: "Dependency") -> bool:
    from dvc.dependency import ParamsDependency

    return isinstance(dep, ParamsDependency)


def _hash(dep: "Dependency") -> Any:
    """Of a file or folder its hash; parameters as they are; None if it is not there."""
    return dep.get_hash().value if dep.exists else None


def _value(dep: "Dependency") -> Any:
    return dep.hash_info.value
