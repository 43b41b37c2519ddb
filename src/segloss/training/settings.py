"""What decides the result of an arm: the protocol of its paper, capped by the scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from segloss.config import entry, scale_of


@dataclass(frozen=True)
class Settings:
    """The settings of every run of an arm."""

    loss: Any
    network: dict[str, Any]
    optimiser: str
    learning_rate: float
    batch_size: int
    epochs: int
    min_steps: int
    folds: int
    select: str
    seed: int
    threads: int
    augmentation: dict[str, Any]
    weight_decay: float = 0.0
    schedule: dict[str, Any] = field(default_factory=lambda: {"name": "constant"})
    max_steps: float = math.inf
    patch: tuple[int, ...] | None = None
    patches_per_case: int = 1
    balanced_patches: bool = False
    overlap: float = 0.5
    voxels_at_once: float = math.inf
    mixed_precision: bool = False
    validation_hausdorff: bool = False
    deterministic: bool = False
    compile: bool = False

    @classmethod
    def of(cls, params: dict[str, Any], arm: str) -> Self:
        """Read the settings of an arm from the parameters."""
        names = entry(params, "arms", arm)
        scale = scale_of(params, names["paper"], names["dataset"])
        protocol = entry(params, "protocols", names["protocol"])
        network = protocol["network"]
        return cls(
            loss=entry(params["losses"], names["paper"], names["loss"]),
            network={**network, "filters": min(network["filters"], scale.get("base_filters") or math.inf)},
            optimiser=protocol["optimiser"],
            learning_rate=scale.get("learning_rate") or protocol["learning_rate"],
            batch_size=protocol["batch_size"],
            epochs=math.ceil(protocol["epochs"] * scale["epoch_share"]),
            min_steps=scale.get("min_steps") or 0,
            folds=min(protocol["folds"], scale.get("max_folds") or math.inf),
            select=protocol["select"],
            seed=protocol["seed"],
            threads=scale["threads"],
            augmentation=protocol["augmentation"],
            weight_decay=protocol.get("weight_decay", 0.0),
            schedule=protocol.get("schedule", {"name": "constant"}),
            max_steps=scale.get("max_steps") or math.inf,
            patch=_capped(protocol.get("patch"), scale.get("max_patch")),
            patches_per_case=protocol.get("patches_per_case", 1),
            balanced_patches=protocol.get("balanced_patches", False),
            overlap=protocol.get("overlap", 0.5),
            voxels_at_once=protocol.get("voxels_at_once", math.inf),
            mixed_precision=protocol.get("mixed_precision", False),
            validation_hausdorff=protocol.get("validation_hausdorff", False),
            deterministic=scale.get("deterministic", False),
            compile=scale.get("compile", False),
        )

    def steps_per_epoch(self, items: int) -> int:
        """Optimiser steps of an epoch over so many slices or patches; the last batch may be smaller."""
        return math.ceil(items / self.batch_size)

    def epochs_for(self, items: int) -> int:
        """Epochs of a run: the protocol's share, or what the scale's least and largest numbers of steps make of it."""
        least, largest = (steps / self.steps_per_epoch(items) for steps in (self.min_steps, self.max_steps))
        return math.ceil(min(max(self.epochs, least), max(largest, 1)))


def _capped(patch: Sequence[int] | None, most: Sequence[int] | None) -> tuple[int, ...] | None:
    if patch is None:
        return None
    return tuple(min(pair) for pair in zip(patch, most or patch, strict=True))
