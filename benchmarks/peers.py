"""The libraries that benchmarks/losses.py measures against, and how each is called for each loss."""

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Call = Callable[[Tensor, Tensor], Tensor]

LIBRARIES = {"torch": "torch", "MONAI": "monai", "SMP": "segmentation_models_pytorch"}


@dataclass(frozen=True)
class Peer:
    """A library's loss, to be built from its module of losses and the number of classes.

    Attributes:
        library: A key of :data:`LIBRARIES`.
        build: Gives the call on logits and labels.
        note: What it does otherwise than ours; empty if it computes the same.
        counted: Whether it is the loss of that name, so that it counts for the goals.
        classes: The only number of classes that it supports; None for any.
    """

    library: str
    build: Callable[[Any, int], Call]
    note: str = ""
    counted: bool = True
    classes: int | None = None

    @property
    def name(self) -> str:
        """The library, with a mark if what it computes differs."""
        return self.library + ("*" if self.note else "")


def column(loss: Call) -> Call:
    """MONAI wants the labels as a channel."""
    return lambda logits, labels: loss(logits, labels.unsqueeze(1))


def foreground(classes: int) -> list[int]:
    """All classes but the background."""
    return list(range(1, classes))


SOFTMAX = {"softmax": True, "to_onehot_y": True}
EXACT = {"smooth_nr": 0.0, "smooth_dr": 0.0}
POOLED = "pools the batch"


def _monai_dice(monai: Any) -> Call:
    return column(monai.DiceLoss(include_background=False, **SOFTMAX, **EXACT))


def _monai_focal(monai: Any, classes: int) -> Call:
    focal = column(monai.FocalLoss(use_softmax=True, to_onehot_y=True, gamma=2.0))
    return lambda logits, labels: classes * focal(logits, labels)  # its mean divides by the classes too


def _monai_dice_plus_focal(monai: Any, classes: int) -> Call:
    dice, focal = _monai_dice(monai), _monai_focal(monai, classes)
    return lambda logits, labels: dice(logits, labels) + focal(logits, labels)


def _monai_unified_focal(monai: Any, _: int) -> Call:
    loss = column(monai.AsymmetricUnifiedFocalLoss(to_onehot_y=True, weight=0.5, gamma=0.5, delta=0.6))
    return lambda logits, labels: loss(torch.softmax(logits, dim=1), labels)


def _smp_correlation(smp: Any, _: int) -> Call:
    loss = smp.MCCLoss()
    return lambda logits, labels: loss(torch.softmax(logits, dim=1)[:, 1], labels)


PEERS: dict[str, list[Peer]] = {
    "cross_entropy": [Peer("torch", lambda _, classes: functional.cross_entropy)],
    "focal": [
        Peer("MONAI", _monai_focal),
        Peer("SMP", lambda smp, _: smp.FocalLoss("multiclass", gamma=2.0), "sigmoid of each class"),
    ],
    "dice": [
        Peer("MONAI", lambda monai, _: _monai_dice(monai)),
        Peer("SMP", lambda smp, classes: smp.DiceLoss("multiclass", classes=foreground(classes)), POOLED),
    ],
    "generalized_dice": [Peer("MONAI", lambda monai, _: column(monai.GeneralizedDiceLoss(**SOFTMAX, **EXACT)))],
    "tversky": [
        Peer(
            "MONAI",
            lambda monai, _: column(
                monai.TverskyLoss(include_background=False, alpha=0.3, beta=0.7, **SOFTMAX, **EXACT)
            ),
        ),
        Peer(
            "SMP",
            lambda smp, classes: smp.TverskyLoss("multiclass", classes=foreground(classes), alpha=0.3, beta=0.7),
            POOLED,
        ),
    ],
    "kappa": [Peer("SMP", _smp_correlation, "Matthews correlation, pools the batch", counted=False, classes=2)],
    "lovasz_softmax": [Peer("SMP", lambda smp, _: smp.LovaszLoss("multiclass", per_image=True))],
    "hausdorff_distance_transform": [Peer("MONAI", lambda monai, _: column(monai.HausdorffDTLoss(**SOFTMAX)))],
    "asymmetric_unified_focal": [Peer("MONAI", _monai_unified_focal, classes=2)],
    "cross_entropy_plus_dice": [
        Peer("MONAI", lambda monai, _: column(monai.DiceCELoss(include_background=False, **SOFTMAX, **EXACT)))
    ],
    "dice_plus_focal": [
        Peer("MONAI", _monai_dice_plus_focal),
        Peer("MONAI", lambda monai, _: column(monai.DiceFocalLoss(**SOFTMAX, **EXACT)), "focal: sigmoid of each class"),
    ],
}


def load(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The modules of losses by library, and for those that are missing the reason.

    Args:
        folder: Where the peers were installed; searched after the environment, so that it can replace nothing there.
    """
    sys.path.append(str(folder.resolve()))
    modules: dict[str, Any] = {"torch": torch.nn}
    missing = {}
    for library in ("MONAI", "SMP"):
        try:
            modules[library] = _losses_of(LIBRARIES[library])
        except ImportError as error:
            missing[library] = str(error)
    return modules, missing


def _losses_of(package: str) -> Any:
    if package != "segmentation_models_pytorch":
        return importlib.import_module(f"{package}.losses")
    # Its own __init__ imports the networks, which need torchvision and timm. Losses need neither: an empty package of
    # that name, which knows only its folder, is enough to import them.
    found = importlib.util.find_spec(package)
    if found is None or found.submodule_search_locations is None:
        raise ImportError(f"No module named {package!r}")
    if package not in sys.modules:
        sys.modules[package] = types.ModuleType(package)
        sys.modules[package].__path__ = list(found.submodule_search_locations)
    return importlib.import_module(f"{package}.losses")
