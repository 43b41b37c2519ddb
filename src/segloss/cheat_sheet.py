"""The cheat sheet: one short block per loss, made of its docstring, its signature and what the papers call its options.

``python -m segloss.cheat_sheet`` writes ``docs/cheat-sheet.md``; a test holds the page to the code.
"""

import inspect
import re
from pathlib import Path

from segloss.losses import FAMILIES, LOSSES
from segloss.published import PAPERS, load_overview
from segloss.tables.tour import options_of, regions_of
from segloss.tour import as_markdown
from segloss.verdicts.words import loss_title

PAGE = Path("docs/cheat-sheet.md")
HEAD = """\
# Cheat sheet

Every loss of `segloss.losses`, with the defaults that `build_loss` takes. Logits and labels go in, a mean over classes
and samples comes out, and lower is better. The [glossary](glossary.md) has the words, the guided tour of the losses
their pictures and code.

Pixel $i$ of $N$ has the label $y_i$, the probabilities $p_{ic}$ of the classes $c$ and the mask $g_{ic}$. Of one class
in one image, $TP = \\sum p g$, $FP = \\sum p (1 - g)$, $FN = \\sum (1 - p) g$, $TN = \\sum (1 - p)(1 - g)$;
$P = TP + FP$ pixels are predicted and $G = TP + FN$ true; $TI$ is the Tversky index. *Use* and *beware* are our reading
of formula and gradient, and no measured result. *Letters*: what the five papers write for an option, and where;
"errata" are numbered on [their page](errata.md).
"""


def cheat_sheet() -> str:
    """The whole page, in Markdown."""
    parts = [HEAD]
    for family, losses in FAMILIES.items():
        parts += [f"## {family.capitalize()}\n", *map(block, losses)]
    return "\n".join(parts)


def block(name: str) -> str:
    """What there is to know of one loss."""
    (advice,) = (row for row in load_overview("advice") if row["loss"] == name)
    options, letters = option_words(name), letters_of(name)
    lines = [f"### {loss_title(name)}", "", f"`{name}({options_of(name)})`", "", *formulas(name)]
    lines += [f"- **Range:** {range_of(name)} Regions counted: {regions_of(name)}."]
    lines += [f"- `{option}` {words}{_in_letters(letters.pop(option, []))}" for option, words in options.items()]
    lines += [f"- {line}." for line in letters.pop("", [])]
    lines += [f"- **Use:** {advice['use']}.", f"- **Beware:** {advice['beware']}.", ""]
    return "\n".join(lines)


def formulas(name: str) -> list[str]:
    """The equations of a docstring, up to its regions, as Markdown, each on lines of its own."""
    head = (inspect.getdoc(LOSSES[name]) or "").partition("\nRegions: ")[0]
    equations = [as_markdown(text) for text in head.split("\n\n") if text.startswith(".. math::")]
    return [re.sub(r",\s*\\qquad\s*", "\n$$\n\n$$\n", equation) + "\n" for equation in equations]


def range_of(name: str) -> str:
    """The first sentence of what a docstring says it returns.

    >>> range_of("kappa")
    'Scalar in [0, 2]; 0 is a perfect match, 1 agreement by chance.'
    """
    text = " ".join(_section(name, "Returns").split())
    return re.split(r"(?<=\.) ", text, maxsplit=1)[0]


def option_words(name: str) -> dict[str, str]:
    """The options of a loss and what its docstring says of each.

    >>> option_words("topk_cross_entropy")
    {'keep': 'Share of the pixels that is kept, in (0, 1].'}
    """
    entries = re.findall(r"^(\w+): (.*(?:\n +.*)*)", _section(name, "Args"), re.MULTILINE)
    return {option: " ".join(words.split()).replace("``", "`") for option, words in entries if option != "quantities"}


def letters_of(name: str) -> dict[str, list[str]]:
    """What the papers write, place by place, for each option of a loss; "" for what is computed and no option."""
    found: dict[str, list[str]] = {}
    for row in load_overview("letters"):
        if row["loss"] == name:
            errata = f", errata {row['errata']}" if row["errata"] else ""
            place = f"{PAPERS[row['paper']]}, {row['place']}{errata}"
            words = f"{row['letter']} ({place})" if row["word"] else f"{row['letter']}: {row['meaning']} ({place})"
            found.setdefault(row["word"] or "", []).append(words)
    return found


def _in_letters(letters: list[str]) -> str:
    return f" *Letters:* {'; '.join(letters)}." if letters else ""


def _section(name: str, head: str) -> str:
    """A section of a loss's docstring, without its indent."""
    found = re.search(rf"^{head}:\n((?:    .*\n?|\n(?=    ))+)", inspect.getdoc(LOSSES[name]) or "", re.MULTILINE)
    return inspect.cleandoc(f"\n{found[1]}") if found else ""


if __name__ == "__main__":
    PAGE.write_text(cheat_sheet(), encoding="utf-8")
