"""Stage prepare: noisy pictures of discs and their true masks."""

from pathlib import Path

import numpy as np
import yaml


def main() -> None:
    """Write ``cases.npy``, (cases, picture and mask, 32, 32)."""
    cases = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["cases"]
    rng = np.random.default_rng(1)
    y, x = np.indices((32, 32))
    centres, radii = rng.uniform(10, 22, (cases, 2)), rng.uniform(2, 8, cases)
    masks = np.stack(
        [np.hypot(y - row, x - column) < radius for (row, column), radius in zip(centres, radii, strict=True)]
    )
    pictures = masks + rng.normal(0, 0.4, masks.shape)
    np.save("cases.npy", np.stack([pictures, masks], axis=1))


if __name__ == "__main__":
    main()
