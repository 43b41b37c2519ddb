"""The stages of dvc.yaml as DVC sees them: in which order, which are out of date, and how one is recorded as done."""

import shlex
from collections.abc import Collection
from functools import cached_property
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvc.stage import PipelineStage


class Pipeline:
    """The pipeline of the present folder. Stages go by the names that dvc.yaml gives them: ``train@scd-kappa``."""

    def __init__(self) -> None:
        from dvc.repo import Repo

        self._repo = Repo()

    @cached_property
    def _stages(self) -> dict[str, "PipelineStage"]:
        stages = self._repo.index.stages
        return {stage.addressing: stage for stage in stages if stage.cmd and not stage.always_changed}

    @cached_property
    def _needs(self) -> dict[str, list[str]]:
        """For each stage those whose results it reads itself."""
        graph = self._repo.index.graph
        return {stage.addressing: [needed.addressing for needed in graph.successors(stage)] for stage in graph}

    def waves(self, target: str | None = None) -> list[list[str]]:
        """Stages in groups: each needs only stages of the groups before its own.

        Args:
            target: Only this stage and what it needs; by default all stages. Those that run every time are left out.
        """
        wanted = set(self._stages) if target is None else self.upstream(target) | {target}
        order = TopologicalSorter(self._needs)
        order.prepare()
        waves = []
        while group := order.get_ready():
            waves.append([name for name in self._stages if name in wanted.intersection(group)])
            order.done(*group)
        return [wave for wave in waves if wave]

    def upstream(self, name: str) -> set[str]:
        """All stages whose results a stage needs, directly or through others."""
        return set().union(*({needed} | self.upstream(needed) for needed in self._needs[name]))

    def command(self, name: str) -> list[str]:
        """The words of a stage's command."""
        return shlex.split(self._stages[name].cmd)

    def stale(self, names: Collection[str]) -> list[str]:
        """Those of the stages that have to run. What ran before, and is in DVC's cache, is brought back and recorded.

        What they need must be there and up to date.
        """
        from dvc.stage.cache import RunCacheNotFoundError

        stale, restored = [], []
        with self._repo.lock:
            for name in names:
                stage = self._stages[name]
                if not stage.changed():
                    continue
                try:
                    self._repo.stage_cache.restore(stage)
                    restored.append(name)
                except RunCacheNotFoundError:
                    stale.append(name)
        self.record(restored)
        return stale

    def record(self, names: Collection[str]) -> None:
        """Write what stages read and wrote into dvc.lock, and their outputs into DVC's cache.

        The same as ``dvc commit --force`` of each, but dvc.lock, which takes seconds to write, is written once.

        Args:
            names: Stages whose outputs are there and come from what their dependencies are now.
        """
        if not names:
            return
        stages = [self._stages[name] for name in names]
        with self._repo.lock:
            for stage in stages:
                stage.save()
                stage.commit()
            stages[0].dvcfile.dump_stages(stages, update_pipeline=False)
