"""What the losses of the Unified Focal paper say about made-up predictions, behind its figures of mechanisms."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from segloss.figures.portrait_data import IMBALANCE_SIZE, STATES, disc
from segloss.figures.probes import lesion_of, value_and_gradient
from segloss.losses import build_loss

UNIFIED = ("symmetric_unified_focal", "asymmetric_unified_focal")


def gradients_on(specs: Mapping[str, Any], probs: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
    """Gradient of each loss in every pixel's probability (H, W), times the number of pixels.

    Args:
        specs: Specification of :func:`segloss.losses.build_loss` by name.
        probs: Foreground probabilities (H, W), strictly between 0 and 1.
        mask: True pixels (H, W).
    """
    tensors = torch.from_numpy(probs), torch.from_numpy(mask.astype(np.int64))
    return {name: value_and_gradient(build_loss(spec), *tensors)[1].numpy() for name, spec in specs.items()}


def values_on(specs: Mapping[str, Any], probs: np.ndarray, mask: np.ndarray) -> pd.DataFrame:
    """Value of each loss on a prediction, and how much of its gradient lies on missed, added and other pixels.

    Returns:
        loss, value, and the shares of the absolute gradient on the pixels missed, added, found and left out by a
        threshold of one half.
    """
    found = probs > 0.5
    kinds = {"missed": mask & ~found, "added": found & ~mask, "found": mask & found, "left out": ~mask & ~found}
    rows = []
    for name, spec in specs.items():
        labels = torch.from_numpy(mask.astype(np.int64))
        value, gradient = value_and_gradient(build_loss(spec), torch.from_numpy(probs), labels)
        pull = gradient.abs().numpy()
        rows.append((name, value, *(pull[kind].sum() / pull.sum() for kind in kinds.values())))
    return pd.DataFrame(rows, columns=["loss", "value", *kinds])


def lesion_shares(specs: Mapping[str, Any], shares: Sequence[float]) -> pd.DataFrame:
    """How much of the gradient in the logits comes from the lesion as it shrinks, in two states of the training.

    Returns:
        state, loss, share (of the image), on_lesion (sum of the absolute gradient on it over that of all pixels).
    """
    rows = []
    for state, predict in STATES.items():
        for name, spec in specs.items():
            for share in shares:
                labels = disc(share, IMBALANCE_SIZE)
                logits = predict(labels).double().logit()[None, None].requires_grad_()
                (gradient,) = torch.autograd.grad(build_loss(spec)(logits, labels[None]), logits)
                strength = gradient[0, 0].abs().numpy()
                rows.append((state, name, share, strength[labels.numpy() > 0].sum() / strength.sum()))
    return pd.DataFrame(rows, columns=["state", "loss", "share", "on_lesion"])


def pulls(gammas: Sequence[float], probs: Sequence[float], share: float = 0.05) -> pd.DataFrame:
    """Gradient of both Unified Focal losses where every pixel gives its true class the probability p.

    Args:
        gammas: Which gamma.
        probs: Which p, strictly between 0 and 1.
        share: Of the image that the lesion fills.

    Returns:
        loss, gamma, p, lesion and background (absolute gradient of one such pixel, times the number of pixels).
    """
    labels, rows = lesion_of(share), []
    for name in UNIFIED:
        for gamma in gammas:
            loss = build_loss(name, gamma=gamma)
            for p in probs:
                predicted = torch.where(labels > 0, float(p), 1 - float(p))
                _, gradient = value_and_gradient(loss, predicted, labels)
                rows.append((name, gamma, p, abs(gradient[0].item()), abs(gradient[-1].item())))
    return pd.DataFrame(rows, columns=["loss", "gamma", "p", "lesion", "background"])
