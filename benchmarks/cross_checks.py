"""Where a peer computes the same as ours: the largest deviation of value and gradient on random data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from peers import EXACT, SOFTMAX, Call, column, foreground
from sklearn import metrics
from torch import Tensor
from torch.nn import functional

from segloss.losses import build_loss

CLASSES = 4


@dataclass(frozen=True)
class Check:
    """One equality.

    Attributes:
        ours: Specification and options of our loss.
        library: Whose it is compared with.
        build: Gives that library's call, from its module of losses.
        how: How the call was made equal; empty if it is so by itself.
        channels: Of the logits.
    """

    ours: tuple[Any, dict[str, Any]]
    library: str
    build: Callable[[Any], Call]
    how: str = ""
    channels: int = CLASSES

    @property
    def name(self) -> str:
        """Our loss with its options."""
        spec, options = self.ours
        title = spec if isinstance(spec, str) else " + ".join(spec)
        return title + "".join(f", {key} {value}" for key, value in options.items())


def per_sample(loss: Call) -> Call:
    """Mean over the samples of a loss that pools the batch."""
    return lambda logits, labels: torch.stack(
        [loss(logits[i : i + 1], labels[i : i + 1]) for i in range(len(logits))]
    ).mean()


def single_channel(loss: Call) -> Call:
    """For losses of one channel, which want labels of the logits' shape and type."""
    return lambda logits, labels: loss(logits, labels.unsqueeze(1).to(logits.dtype))


def _monai(name: str, classes: bool = True, **options: Any) -> Callable[[Any], Call]:
    return lambda monai: column(getattr(monai, name)(**(SOFTMAX if classes else {}), **options))


def _monai_of_each(name: str, then: Callable[[Tensor], Tensor], **options: Any) -> Callable[[Any], Call]:
    loss = _monai(name, include_background=False, reduction="none", **options)
    return lambda monai: lambda logits, labels: then(loss(monai)(logits, labels)).mean()


def _monai_focal(factor: float) -> Callable[[Any], Call]:
    def build(monai: Any) -> Call:
        focal = column(monai.FocalLoss(use_softmax=True, to_onehot_y=True, gamma=2.0))
        return lambda logits, labels: factor * focal(logits, labels)

    return build


def _monai_sum(factor: float) -> Callable[[Any], Call]:
    def build(monai: Any) -> Call:
        dice = _monai("DiceLoss", include_background=False, **EXACT)(monai)
        focal = _monai_focal(factor)(monai)
        return lambda logits, labels: dice(logits, labels) + focal(logits, labels)

    return build


def _unified(monai: Any) -> Call:
    loss = column(monai.AsymmetricUnifiedFocalLoss(to_onehot_y=True, weight=2 / 3, gamma=0.5, delta=0.6))
    return lambda logits, labels: 1.5 * loss(torch.softmax(logits, dim=1), labels)


def _topk(logits: Tensor, labels: Tensor) -> Tensor:
    values = functional.cross_entropy(logits, labels, reduction="none").flatten()
    return values.topk(values.numel() // 2).values.mean()


def _weighted(logits: Tensor, labels: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=logits.new_tensor(3.0))


def _class_weighted(logits: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(logits, labels, weight=logits.new_tensor([1.0, 2.0, 3.0, 4.0]))


def _smp(name: str, **options: Any) -> Callable[[Any], Call]:
    return lambda smp: per_sample(getattr(smp, name)("multiclass", classes=foreground(CLASSES), **options))


OUTSIDE = "mean of its values per sample and class, transformed outside"
NO_SMOOTHING = "smoothing 0"
SAMPLE_BY_SAMPLE = "called for each sample, as it pools the batch"
ONE_CHANNEL = "single channel"

CHECKS = [
    Check(("cross_entropy", {}), "torch", lambda _: functional.cross_entropy),
    Check(("cross_entropy", {"class_weights": [1.0, 2.0, 3.0, 4.0]}), "torch", lambda _: _class_weighted),
    Check(
        ("cross_entropy", {}),
        "torch",
        lambda _: single_channel(functional.binary_cross_entropy_with_logits),
        ONE_CHANNEL,
        channels=1,
    ),
    Check(
        ("weighted_cross_entropy", {"positive_weight": 3.0}),
        "torch",
        lambda _: single_channel(_weighted),
        ONE_CHANNEL,
        channels=1,
    ),
    Check(("topk_cross_entropy", {"keep": 0.5}), "torch", lambda _: _topk, "largest values taken outside"),
    Check(("focal", {}), "MONAI", _monai_focal(CLASSES), "times C, by which its mean divides; float32 inside"),
    Check(
        ("focal", {"foreground_weight": 0.25}),
        "MONAI",
        lambda monai: single_channel(monai.FocalLoss(gamma=2.0, alpha=0.25)),
        f"{ONE_CHANNEL}; float32 inside",
        channels=1,
    ),
    Check(
        ("focal", {"foreground_weight": 0.25}),
        "SMP",
        lambda smp: single_channel(smp.FocalLoss("binary", gamma=2.0, alpha=0.25)),
        ONE_CHANNEL,
        channels=1,
    ),
    Check(("dice", {}), "MONAI", _monai("DiceLoss", include_background=False, **EXACT), NO_SMOOTHING),
    Check(("dice", {"include_background": True}), "MONAI", _monai("DiceLoss", **EXACT), NO_SMOOTHING),
    Check(
        ("dice", {"squared": True, "include_background": True}), "MONAI", _monai("DiceLoss", squared_pred=True, **EXACT)
    ),
    Check(
        ("dice", {"smooth": 1.0}),
        "MONAI",
        _monai("DiceLoss", include_background=False, smooth_nr=1.0, smooth_dr=1.0),
    ),
    Check(("dice", {}), "SMP", _smp("DiceLoss"), SAMPLE_BY_SAMPLE),
    Check(("dice", {"smooth": 2.0}), "SMP", _smp("DiceLoss", smooth=1.0), f"{SAMPLE_BY_SAMPLE}; its smooth 1 is our 2"),
    Check(("generalized_dice", {}), "MONAI", _monai("GeneralizedDiceLoss", **EXACT), NO_SMOOTHING),
    Check(
        ("tversky", {}),
        "MONAI",
        _monai("TverskyLoss", include_background=False, alpha=0.3, beta=0.7, **EXACT),
        NO_SMOOTHING,
    ),
    Check(("tversky", {}), "SMP", _smp("TverskyLoss", alpha=0.3, beta=0.7), SAMPLE_BY_SAMPLE),
    Check(
        ("focal_tversky", {}),
        "MONAI",
        _monai_of_each("TverskyLoss", lambda errors: errors**0.75, alpha=0.3, beta=0.7, **EXACT),
        OUTSIDE,
    ),
    Check(
        ("log_cosh_dice", {}),
        "MONAI",
        _monai_of_each("DiceLoss", lambda errors: errors.cosh().log(), smooth_nr=1.0, smooth_dr=1.0),
        OUTSIDE,
    ),
    Check(("lovasz_softmax", {}), "SMP", lambda smp: smp.LovaszLoss("multiclass", per_image=True), "per_image"),
    Check(("hausdorff_distance_transform", {}), "MONAI", _monai("HausdorffDTLoss")),
    Check(
        ("asymmetric_unified_focal", {}),
        "MONAI",
        _unified,
        "softmax outside; 1.5 times it with weight 2/3, as MONAI 1.6 halves its focal term",
        channels=2,
    ),
    Check(
        ({"cross_entropy": 1.0, "dice": 1.0}, {}),
        "MONAI",
        _monai("DiceCELoss", include_background=False, **EXACT),
        NO_SMOOTHING,
    ),
    Check(({"dice": 1.0, "focal": 1.0}, {}), "MONAI", _monai_sum(CLASSES), "DiceLoss + C times softmax FocalLoss"),
]


def _data(channels: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, max(channels, 2), (3, 24, 20), generator=generator)
    logits = 2 * torch.randn(3, channels, 24, 20, generator=generator, dtype=torch.float64)
    return logits.to(dtype).requires_grad_(), labels


def _deviations(check: Check, modules: Mapping[str, Any], dtype: torch.dtype) -> tuple[float, float]:
    results = []
    for call in (build_loss(check.ours[0], **check.ours[1]), check.build(modules[check.library])):
        logits, labels = _data(check.channels, dtype)
        value = call(logits, labels)
        value.backward()
        results.append((value.detach().double(), logits.grad.double()))
    (value, gradient), (other_value, other_gradient) = results
    return (value - other_value).abs().item(), ((gradient - other_gradient).abs().max() / gradient.abs().max()).item()


def on_hard_masks() -> list[tuple[str, str, float]]:
    """Saturated logits against scikit-learn's scores: loss, score, largest deviation of the value."""
    truth = _data(2, torch.float64)[1][:1]
    guess = torch.where(torch.rand(truth.shape, generator=torch.Generator().manual_seed(1)) < 0.2, 1 - truth, truth)
    logits = 1e3 * functional.one_hot(guess, 2).movedim(-1, 1).double()
    g, p = truth.flatten().numpy(), guess.flatten().numpy()
    scores = {
        ("kappa", "cohen_kappa_score"): metrics.cohen_kappa_score(g, p),
        ("dice", "f1_score"): metrics.f1_score(g, p),
        ("lovasz_softmax", "jaccard_score, macro"): metrics.jaccard_score(g, p, average="macro"),
    }
    return [
        (loss, score, abs(build_loss(loss)(logits, truth).item() - (1 - value)))
        for (loss, score), value in scores.items()
    ]


def table(modules: Mapping[str, Any]) -> list[str]:
    """The Markdown table of all checks."""
    lines = [
        "| ours | peer | made equal by | float32: value | gradient | float64: value | gradient |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for check in CHECKS:
        cells = []
        for dtype in (torch.float32, torch.float64):
            if check.library not in modules:
                cells += ["missing", "missing"]
                continue
            try:
                cells += [f"{deviation:.1e}" for deviation in _deviations(check, modules, dtype)]
            except RuntimeError:  # of the peer: ours takes both
                cells += ["refused", "refused"]
        lines.append(f"| {' | '.join([check.name, check.library, check.how or '–', *cells])} |")
    for loss, score, deviation in on_hard_masks():
        cells = ["–", "–", f"{deviation:.1e}", "–"]
        lines.append(f"| {' | '.join([loss, 'scikit-learn', f'{score} of hard masks', *cells])} |")
    return lines
