"""What Table 1 of the Boundary paper says: without the slices that have no lesion, in points and in shares."""

import pandas as pd

from segloss.published import load_published, printed_names
from segloss.verdicts.words import arm_words

NOTHING, WITHOUT, WITH = "boundary", "generalized_dice", "generalized_dice_plus_boundary"


def above_the_floor() -> pd.DataFrame:
    """Table 1's Dice, and the least that it means on slices with a lesion (errata B11).

    If the boundary loss alone predicts nothing, its Dice f is the share of slices without a lesion. Of a mean m over
    all slices, these can bring at most f; the others, a share of 1 - f, then have a mean of (m - f) / (1 - f) or more.
    """
    cells = load_published("boundary").query("metric == 'dice'")
    names, nothing = printed_names("boundary"), cells[cells["arm"] == NOTHING].set_index("dataset")["value"]
    cells = cells.assign(floor=cells["dataset"].map(nothing)).sort_values("dataset", kind="stable")
    rows = [
        {
            "data set": names[cell.dataset],
            "arm": arm_words(cell.arm),
            "Dice, published": cell.printed,
            "slices without a lesion": f"{cell.floor:.1%}",
            "Dice on the other slices, at least": f"{(cell.value - cell.floor) / (1 - cell.floor):.3f}",
        }
        for cell in cells.itertuples()
    ]
    return pd.DataFrame(rows)


def published_gains() -> pd.DataFrame:
    """What the boundary loss adds in Table 1: in points of Dice, and as a share of the baseline (errata B12)."""
    cells = load_published("boundary").set_index(["dataset", "metric", "arm"])["value"]
    rows = []
    for dataset, name in printed_names("boundary").items():
        for metric, head in {"dice": "Dice", "hausdorff": "Hausdorff"}.items():
            before, after = (cells[dataset, metric, arm] for arm in (WITHOUT, WITH))
            points = f"{100 * (after - before):+.1f} points" if metric == "dice" else f"{after - before:+.3f}"
            rows.append((name, head, f"{before:.3f}", f"{after:.3f}", points, f"{after / before - 1:+.1%}"))
    frame = pd.DataFrame(rows, columns=["data set", "metric", "without", "with", "difference", "as a share"])
    return frame.map(lambda text: text.replace("-", "−"))
