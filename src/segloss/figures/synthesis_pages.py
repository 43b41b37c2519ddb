"""The figures of the synthesis as its page draws them: from its findings, or a word on why there is nothing to draw."""

from matplotlib.figure import Figure

from segloss.figures.costs import cost_figure
from segloss.figures.critical_difference import critical_difference_diagram
from segloss.figures.equivalence import equivalence_figure
from segloss.figures.learning_rates import learning_rate_figure
from segloss.figures.reliability import reliability_figure
from segloss.figures.stability import stability_figure
from segloss.figures.structure_shares import dice_by_structure_share
from segloss.figures.style import placeholder
from segloss.figures.synthesis import NO_SYNTHESIS, dice_map, ranks_by_measure
from segloss.verdicts.findings import Findings


def synthesis_critical_difference(found: Findings | None) -> Figure:
    """Mean ranks by Dice, and what cannot be told apart."""
    title = "Mean ranks by Dice"
    return (
        placeholder(title, NO_SYNTHESIS)
        if found is None
        else critical_difference_diagram(found.ranks, title, found.note)
    )


def synthesis_map(found: Findings | None) -> Figure:
    """Dice of all losses on all data sets."""
    return placeholder("Mean Dice", NO_SYNTHESIS) if found is None else dice_map(found.means, found.titles, found.note)


def synthesis_structure_shares(found: Findings | None) -> Figure:
    """Dice of all structures against their share."""
    if found is None:
        return placeholder("Dice against the foreground share", NO_SYNTHESIS)
    return dice_by_structure_share(found.structures, found.interaction, found.note)


def synthesis_equivalence(found: Findings | None) -> Figure:
    """Every pair of losses by Bayes."""
    if found is None:
        return placeholder("Probabilities of every pair", NO_SYNTHESIS)
    return equivalence_figure(found.pairs, found.rules["rope"], found.rules["posterior"], found.note)


def synthesis_stability(found: Findings | None) -> Figure:
    """Seeds and collapses."""
    if found is None:
        return placeholder("Stability", NO_SYNTHESIS)
    margin = found.rules["collapsed"]
    note = (
        f"{found.note} A mark's shape is a data set.\nCollapsed: at most {margin:g} Dice above the best trivial answer."
    )
    return stability_figure(found.stability, found.seeds, note)


def synthesis_learning_rates(found: Findings | None) -> Figure:
    """What another learning rate would do."""
    if found is None:
        return placeholder("Fairness", NO_SYNTHESIS)
    shares = found.variances.assign(dataset=found.variances["dataset"].map(found.titles))
    kind = found.note.partition(",")[0]
    return learning_rate_figure(found.rates, shares, f"{kind}, {len(shares)} data sets, first fold, one seed.")


def synthesis_measures(found: Findings | None) -> Figure:
    """Ranks by several measures."""
    if found is None:
        return placeholder("Ranks by several measures", NO_SYNTHESIS)
    return ranks_by_measure(found.measures, f"{found.note} Mean ranks, 1 is best.")


def synthesis_reliability(found: Findings | None) -> Figure:
    """Reliability diagrams."""
    if found is None:
        return placeholder("Calibration", NO_SYNTHESIS)
    bins = found.study.reliability
    return reliability_figure(bins[bins["loss"].isin(found.losses)], found.note)


def synthesis_costs(found: Findings | None) -> Figure:
    """Time of a step."""
    if found is None:
        return placeholder("Cost", NO_SYNTHESIS)
    return cost_figure(
        found.study.costs, found.titles, f"{found.note.partition(',')[0]}; lines: the middle half of the rounds."
    )
