"""A predicted mask over a true one, and what every loss says about the two."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import gaussian_filter, shift

from segloss.figures.portrait_data import Scene, disc, logit_gradient, loss_of_scene
from segloss.losses import LOSSES

SIZE = 64
LEAST = 0.02  # no network is certain


@dataclass(frozen=True)
class Setting:
    """Where the predicted mask lies, and how large the true one is.

    Attributes:
        move_px: How far the predicted disc lies to the right of the true one.
        size: Its area, of that of the true one.
        blur_px: Standard deviation of the Gaussian that blurs it.
        lesion_percent: The true disc's share of the image.
    """

    move_px: float = 6.0
    size: float = 1.5
    blur_px: float = 2.0
    lesion_percent: float = 5.0

    def __str__(self) -> str:
        moved = f"moved by {self.move_px:g} px, {self.size:g} times as large, blurred by {self.blur_px:g} px"
        return f"{moved}; the lesion is {self.lesion_percent:g} % of the image"

    def scene(self) -> Scene:
        """The two masks; the picture is the true one."""
        labels = disc(self.lesion_percent / 100, SIZE)
        predicted = disc(min(self.size * self.lesion_percent / 100, 1.0), SIZE).double().numpy()
        blurred = gaussian_filter(shift(predicted, (0, self.move_px), order=1), self.blur_px)
        probs = LEAST + (1 - 2 * LEAST) * np.clip(blurred, 0, 1)
        return Scene(labels.numpy(), labels, torch.from_numpy(probs))


def explored(setting: Setting) -> pd.DataFrame:
    """One row per loss: its value, and which share of its gradient comes from the lesion."""
    scene = setting.scene()
    lesion = scene.labels.numpy() > 0
    rows = []
    for name in LOSSES:
        strength = np.abs(logit_gradient(name, scene.probs, scene.labels))
        total = strength.sum()
        share = strength[lesion].sum() / total if total else float("nan")
        rows.append({"loss": name, "value": loss_of_scene(name, scene), "gradient from the lesion": share})
    return pd.DataFrame(rows)
