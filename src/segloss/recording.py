"""Stages that were run without DVC, recorded as done."""

from collections.abc import Collection


def record_stages(addresses: Collection[str]) -> None:
    """Write what these stages read and wrote into dvc.lock, and their outputs into DVC's cache.

    The same as ``dvc commit --force`` of each, but dvc.lock, which takes seconds to write, is written once.

    Args:
        addresses: Stages of dvc.yaml, such as ``"train@scd-kappa"``, whose outputs are there and come from what their
            dependencies are now.
    """
    from dvc.repo import Repo

    with Repo() as repo, repo.lock:
        stages = [stage for stage in repo.index.stages if stage.addressing in addresses]
        for stage in stages:
            stage.save()
            stage.commit()
        if stages:
            stages[0].dvcfile.dump_stages(stages, update_pipeline=False)
