"""Stage train: choose the threshold with the least TopK Dice loss on half of the cases, measure it on the others."""

import sys
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

Array = NDArray[np.float64]
THRESHOLDS = np.linspace(-0.5, 1.5, 81)


def main(name: str) -> None:
    """Write ``scores-<name>.csv``, the Dice index of each test case."""
    keep = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["losses"][name]["keep"]
    cases = np.load("cases.npy")
    fit, test = cases[: len(cases) // 2], cases[len(cases) // 2 :]
    losses = [np.mean([loss(picture - threshold, mask, keep) for picture, mask in fit]) for threshold in THRESHOLDS]
    best = THRESHOLDS[int(np.argmin(losses))]
    scores = [2 * mask[picture > best].sum() / ((picture > best).sum() + mask.sum()) for picture, mask in test]
    Path(f"scores-{name}.csv").write_text("dice\n" + "\n".join(f"{score:.4f}" for score in scores) + "\n")


def loss(logits: Array, mask: Array, keep: float) -> float:
    """TopK Dice loss of one picture without its easiest true pixels; all kept, it is the squared Dice loss."""
    probs = 1 / (1 + np.exp(-8 * logits))
    true = np.flatnonzero(mask)
    easiest = true[np.argsort(-probs.ravel()[true], kind="stable")][: int(round((1 - keep) * true.size, 6))]
    p, g = np.delete(probs, easiest), np.delete(mask, easiest)
    return float(((p - g) ** 2).sum() / ((p**2).sum() + (g**2).sum()))


if __name__ == "__main__":
    main(sys.argv[1])
