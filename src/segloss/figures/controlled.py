"""Controlled experiments: the same phantom with more or less foreground, more or less visible."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from segloss.data.phantoms import multiple_sclerosis_phantom
from segloss.figures.contours import draw_contours, fullest_slice, grey_range
from segloss.figures.style import WIDTH_IN, bare, finish, new_figure, styled

SHARES = (0.0005, 0.005, 0.02)
CONTRASTS = (1.0, 0.5, 0.25, 0.0)


@styled
def controlled_phantoms(
    seed: int = 3, shares: Sequence[float] = SHARES, contrasts: Sequence[float] = CONTRASTS
) -> Figure:
    """One brain with multiple sclerosis: a row per foreground share, the truth and a column per contrast."""
    columns = len(contrasts) + 1
    figure = new_figure(len(shares) * WIDTH_IN / columns + 0.4)
    panels = figure.subplots(len(shares), columns, squeeze=False)
    for row, share in zip(panels, shares, strict=True):
        phantoms = [multiple_sclerosis_phantom(seed, foreground_share=share, contrast=c) for c in contrasts]
        z, (low, high) = fullest_slice(phantoms[0].labels), grey_range(phantoms[0].images[0])
        for axes, phantom in zip(row, [phantoms[0], *phantoms], strict=True):
            bare(axes)
            axes.imshow(phantom.images[0, z], cmap="gray", vmin=low, vmax=high)
        draw_contours(row[0], phantoms[0].labels[z])
        row[0].set_ylabel(f"{share:.2%} lesion", fontsize=8)
    for axes, head in zip(panels[0], ["the truth", *(f"contrast {c:g}" for c in contrasts)], strict=True):
        axes.set_title(head, loc="center", fontsize=8)
    return finish(figure, "What the generators vary, all else equal")
