"""One section of the guided tour: what a loss is, its code, its portrait."""

import inspect
import re
import types
from collections.abc import Callable

from IPython.display import Markdown, display

from segloss.figures import portrait
from segloss.losses import LOSSES
from segloss.report import Report
from segloss.verdicts.words import loss_title


def show(report: Report, name: str) -> None:
    """Show a loss of the registry: formula, code, and portrait, which is saved under the loss's name.

    Args:
        report: What the notebook saves through.
        name: A name of the registry.
    """
    display(Markdown(explanation(LOSSES[name])))
    for function in (LOSSES[name], *own_parts(LOSSES[name])):
        report.show_source(function)
    caption = (
        f"{loss_title(name)}: over p; over p inside and outside the lesion; how much of the gradient comes from the "
        "lesion as it shrinks (solid: untrained, dashed: lesion missed, dotted: its share of the pixels); where the "
        "gradient pushes p up (blue) and down (red)."
    )
    report.save_figure(portrait(name), name.replace("_", "-"), caption)


def explanation(function: Callable[..., object]) -> str:
    """The docstring of a loss up to its regions, as Markdown: what it is, and its formula.

    >>> from segloss.losses import LOSSES
    >>> print(explanation(LOSSES["log_cosh_dice"]).splitlines()[0])
    The logarithm of the hyperbolic cosine of the Dice loss of each sample and class.
    """
    text = inspect.getdoc(function) or ""
    before, _, after = text.partition("\nRegions: ")
    regions = " ".join(after.partition("\n\n")[0].split())
    blocks = [as_markdown(block) for block in [*before.strip().split("\n\n"), f"Regions counted: {regions}"]]
    return "\n\n".join(blocks)


def as_markdown(block: str) -> str:
    """A paragraph or an equation of a docstring as Markdown."""
    if block.startswith(".. math::"):
        # The page's renderer puts no air before a named operator.
        formula = block.removeprefix(".. math::").replace("\\operatorname", "\\,\\operatorname")
        return "\n".join(["$$", *(line.strip() for line in formula.splitlines()), "$$"])
    return re.sub(r":math:`([^`]+)`", r"$\1$", block).replace("``", "`")


def own_parts(function: Callable[..., object]) -> list[Callable[..., object]]:
    """Functions of the same module that a loss is made of, in the order of their first use; no losses, no checks."""
    found: list[Callable[..., object]] = []
    for part in _called(function):
        if part.__name__.startswith("_check") or part in LOSSES.values() or part in found:
            continue
        found += [part, *(deeper for deeper in own_parts(part) if deeper not in found)]
    return found


def _called(function: Callable[..., object]) -> list[types.FunctionType]:
    names = inspect.getclosurevars(function).globals.values()
    called = [f for f in names if isinstance(f, types.FunctionType) and f.__module__ == function.__module__]
    return sorted(called, key=lambda f: inspect.getsource(function).index(f"{f.__name__}("))
