"""What an augmentation does: a few cases as they are, and again and again changed."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from segloss.data.augmentation import augment
from segloss.figures.contours import draw_contours, fullest_slice, grey_range
from segloss.figures.style import WIDTH_IN, bare, finish, new_figure, styled

PADDING_IN = 0.1
CHARACTERS_ABREAST = 125


@styled
def contact_sheet(
    images: np.ndarray,
    labels: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
    *,
    title: str = "Augmented cases",
    versions: int = 5,
) -> Figure:
    """A row per case: as it is, then augmented versions, with the borders of the classes.

    Of a volume, each panel shows the slice with the most foreground. Greys mean the same values all along a row,
    so that a change of brightness shows as one.

    Args:
        images: As a network gets them, (n, C, H, W) or (n, C, D, H, W). Three channels of pictures in [0, 1] are
            shown as colours, of others the first.
        labels: (n, H, W) or (n, D, H, W).
        settings: As for :func:`segloss.data.augmentation.augment`.
        seed: Of the draws; the global generator is left as it was.
        title: Above the figure.
        versions: Augmented ones of each case.
    """
    plain = torch.as_tensor(images, dtype=torch.float32), torch.as_tensor(labels).long()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        columns = [plain, *(augment(*plain, settings) for _ in range(versions))]
    note = textwrap.fill(_words(settings), CHARACTERS_ABREAST)
    height = (WIDTH_IN / len(columns) - PADDING_IN) * labels.shape[-2] / labels.shape[-1] + PADDING_IN
    figure = new_figure(len(images) * height + 0.6 + 0.13 * note.count("\n"))
    panels = figure.subplots(len(images), len(columns), squeeze=False)
    for row, shown in enumerate(panels):
        greys = grey_range(images[row][0])
        for axes, (image, label) in zip(shown, columns, strict=True):
            bare(axes)
            place = (..., fullest_slice(label[row].numpy()), slice(None), slice(None)) if labels.ndim == 4 else ...
            picture = image[row][place].numpy()
            if _is_colour(images):
                axes.imshow(np.moveaxis(picture, 0, -1).clip(0, 1))
            else:
                axes.imshow(picture[0], cmap="gray", vmin=greys[0], vmax=greys[1])
            draw_contours(axes, label[row][place].numpy())
    panels[0, 0].set_title("as it is", loc="center", fontsize=8)
    return finish(figure, title, note)


def _is_colour(images: np.ndarray) -> bool:
    return images.ndim == 4 and images.shape[1] == 3 and images.min() >= 0 and images.max() <= 1


def _words(settings: Mapping[str, Any]) -> str:
    chances = {f"probability of {kind}": chance for kind, chance in settings.get("probability", {}).items()}
    amounts = {name: value for name, value in settings.items() if name != "probability"}
    return ", ".join(f"{name} {value}" for name, value in {**amounts, **chances}.items()) or "no augmentation"
