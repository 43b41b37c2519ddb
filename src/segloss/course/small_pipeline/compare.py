"""Stage compare: the mean paired difference of the two losses over the test cases, and its spread."""

import json
from pathlib import Path

import numpy as np
import yaml


def main() -> None:
    """Write ``comparison.json``."""
    decimals = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["decimals"]
    dice, topk_dice = (np.loadtxt(f"scores-{name}.csv", skiprows=1) for name in ("dice", "topk_dice"))
    difference = topk_dice - dice
    numbers = {
        "dice": dice.mean(),
        "topk_dice": topk_dice.mean(),
        "difference": difference.mean(),
        "spread": difference.std(ddof=1),
    }
    rounded = {name: round(float(value), decimals) for name, value in numbers.items()} | {"cases": len(difference)}
    Path("comparison.json").write_text(json.dumps(rounded, indent=1) + "\n")


if __name__ == "__main__":
    main()
