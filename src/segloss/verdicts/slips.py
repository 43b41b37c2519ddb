"""What a slip does, in words: one paragraph for each published form, its conclusion drawn from the computed effects."""

from typing import Any

import pandas as pd

from segloss.verdicts.words import arm_words, interval_words

_POOLED = (
    "The published form also sums its overlap over the batch, empty slices included, where the right loss averages "
    "over samples and leaves those out"
)
_ALL_OF_IT = "the difference is that of all of it."

# What was published, what is right, and which effect the slip could explain.
STORIES = {
    "kappa_readme": (
        "The page that its author published squares the probabilities below the line, counts the chance term once "
        "above it, and divides by 224² whatever the number of pixels (errata K7). Here that constant is as large a "
        "part of a batch as it is of the paper's batches, 4 images of 256² pixels: a perfect match of a lesion that "
        f"fills 30 % of the pixels then has the loss 0.78. {_POOLED}; {_ALL_OF_IT}"
    ),
    "kappa_equation_4": (
        "Equation 4 counts the chance term once where it should stand twice, and divides the overlap where it "
        "should divide the product of the areas (errata K4). The order of two predictions can differ from that by "
        f"Cohen's kappa. {_POOLED}; {_ALL_OF_IT}"
    ),
    "truncated_distance": (
        "The published code of the boundary loss stores distances as integers: each loses its fraction, and inside an "
        "object they are up to 0.59 pixels off before that (errata B6)."
    ),
    "alpha_floor": (
        "The paper lets the weight of generalised Dice fall to 0.01 while that of the boundary loss rises to 0.99. "
        "The published code stops at 0.1, and lets the other weight grow to 2 (errata B7)."
    ),
    "inverted_cosine_tversky": (
        "The code that went with the paper computes a loss that is least for the worst match (errata U7). The "
        "published result of cosine Tversky, the worst of its family, may be that of this form. The published form "
        f"also counts classes that a slice lacks, which the right loss leaves out; {_ALL_OF_IT}"
    ),
    "survey_focal_tversky": (
        "The survey prints the exponent of focal Tversky upside down (errata S6): instead of stressing classes that"
        " are nearly right, the loss forgets them. The published form also counts empty slices, which the right loss "
        f"leaves out; {_ALL_OF_IT}"
    ),
    "survey_combo": (
        "The survey subtracts the Dice loss where it should be added, and prints a minus for a product (errata S9, "
        f"S10): the loss rewards a bad overlap. {_POOLED}. It smooths by 1 besides; {_ALL_OF_IT}"
    ),
}


def slip_paragraph(form: str, effects: pd.DataFrame, rope: float) -> str:
    """The story of a slip, and what its runs say.

    Args:
        form: The published form.
        effects: As :func:`segloss.statistics.slips.slip_effects` gives them, with the column ``data``.
        rope: Half the width of the region of practical equivalence, in Dice.
    """
    rows = effects[effects["arm"] == form]
    if rows.empty:
        return f"{STORIES[form]}\n\n**Effect.** Not trained on data that are here: unknown."
    numbers = "; ".join(f"{row.data}: {interval_words(row)}" for row in rows.itertuples())
    right = arm_words(rows["baseline"].iloc[0])
    return f"{STORIES[form]}\n\n**Effect.** {conclusion(rows, rope)} Difference in Dice from {right}: {numbers}."


def conclusion(rows: Any, rope: float) -> str:
    """One sentence from the intervals of a form: by which of them it is worse, better, the same, or not decided."""
    worse = [row.data for row in rows.itertuples() if row.high < -rope]
    better = [row.data for row in rows.itertuples() if row.low > rope]
    same = [row.data for row in rows.itertuples() if row.low >= -rope and row.high <= rope]
    unclear = [row.data for row in rows.itertuples() if row.data not in (*worse, *better, *same)]
    parts = {"worse": worse, "better": better, "practically the same": same, "not decided": unclear}
    found = "; ".join(f"{words} on {', '.join(names)}" for words, names in parts.items() if names)
    if worse and not better:
        verdict = "The slip costs accuracy" if not same and not unclear else "The slip costs accuracy on some data"
    elif better and not worse:
        verdict = "The slip helps" if not same and not unclear else "The slip helps on some data"
    elif same and not unclear and not worse:
        verdict = "The slip makes no difference that matters"
    else:
        verdict = (
            "What the slip does is not decided" if not (worse and better) else "What the slip does depends on the data"
        )
    return f"{verdict} (published form {found})."
