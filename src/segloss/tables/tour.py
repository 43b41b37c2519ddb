"""The losses in tables: what there is, what papers and libraries call it, and what it is good for."""

import inspect

import pandas as pd

from segloss.losses import FAMILIES, LOSSES, SECONDARY_SOURCES
from segloss.published import PAPERS, load_overview, load_survey
from segloss.verdicts.words import loss_title


def losses_table() -> pd.DataFrame:
    """Every loss of the registry with its family, the regions that it counts, its options and their defaults."""
    return pd.DataFrame(
        [
            {
                "name": name,
                "family": family,
                "regions": regions_of(name),
                "options": options_of(name) or "–",
            }
            for family, losses in FAMILIES.items()
            for name in losses
        ]
    )


def regions_of(name: str) -> str:
    """The regions that a loss counts, from its docstring.

    >>> regions_of("dice"), regions_of("cross_entropy")
    ('foreground', 'all')
    """
    line = (inspect.getdoc(LOSSES[name]) or "").partition("\nRegions: ")[2]
    return line.partition(".")[0].replace("\n", " ")


def options_of(name: str) -> str:
    """Options with their defaults, as Python writes them.

    >>> options_of("weighted_cross_entropy"), options_of("kappa")
    ('positive_weight', 'include_background=False')
    """
    options = [p for p in inspect.signature(LOSSES[name]).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return ", ".join(p.name if p.default is p.empty else f"{p.name}={p.default}" for p in options)


def use_cases_table() -> pd.DataFrame:
    """The survey's Tables I and II: every loss with its family and uses, and whether it was compared."""
    return pd.DataFrame(
        [
            {
                "loss in the survey": row["name"],
                "here": _names(row["losses"]),
                "family, Table I": row["family"] or "not listed",
                "used for, Table II": "; ".join(row["uses"]),
                "equations": row["equations"],
                "in Table III": "yes" if row["compared"] else "no",
                "errata": row["errata"] or "–",
            }
            for row in load_survey()
        ]
    )


def problems_table() -> pd.DataFrame:
    """Which loss for which problem, as the five papers say it."""
    return pd.DataFrame(
        [
            {
                "problem": row["problem"],
                "loss": _names(row["losses"]),
                "who says so": f"{PAPERS[row['paper']]}, {row['place']}",
                "errata": row["errata"] or "–",
            }
            for row in load_overview("problems")
        ]
    )


def letters_table() -> pd.DataFrame:
    """The letters of the five papers, place by place, and our word for each."""
    return pd.DataFrame(
        [
            {
                "letter": row["letter"],
                "paper": PAPERS[row["paper"]],
                "place": row["place"],
                "our word": _word(row["loss"], row["word"]),
                "meaning": row["meaning"],
                "errata": row["errata"] or "–",
            }
            for row in load_overview("letters")
        ]
    )


def conventions_table() -> pd.DataFrame:
    """How the field's code bases read the same names; ours first."""
    heads = {"sums": "pixels are summed over", "classes": "over classes", "samples": "over samples"}
    return pd.DataFrame(load_overview("conventions")).rename(columns=heads)


def secondary_sources_table() -> pd.DataFrame:
    """The losses whose formula, or part of it, could not be read in the paper that introduced them."""
    rows = [(loss_title(name), SECONDARY_SOURCES[name]) for name in LOSSES if name in SECONDARY_SOURCES]
    return pd.DataFrame(rows, columns=["loss", "what stands in for the paper"])


def _names(losses: list[str]) -> str:
    return "; ".join(loss_title(name) for name in losses)


def _word(loss: str | None, word: str | None) -> str:
    if loss is None:
        return "none, no part of a loss"
    return f"{word} ({loss})" if word else f"none, computed ({loss})"
