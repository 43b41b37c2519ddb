"""What the synthesis of a scale says: every number of its pages, computed once, and its five sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from segloss.provenance import fingerprint
from segloss.statistics.calibration import calibration_error, merged_bins
from segloss.statistics.equivalence import equivalence_matrix
from segloss.statistics.learning_rates import rate_ranks, variance_shares
from segloss.statistics.ranks import RankTest, rank_test
from segloss.statistics.stability import seed_values, stability
from segloss.statistics.structure_shares import ShareInteraction, share_interaction, structure_means
from segloss.statistics.sweep import Sweep
from segloss.statistics.sweep_slopes import sweep_interaction
from segloss.statistics.synthesis import Synthesis, dataset_means, load_synthesis, median_means
from segloss.verdicts.words import arm_words, p_words

SCALES = {"phantom": "phantoms", "subset": "real subsets"}
DISTANCE, CALIBRATION = "95 % Hausdorff", "calibration"


@dataclass(frozen=True)
class Findings:
    """Everything that the pages show; losses are sorted by mean rank, the best first.

    Attributes:
        ranks: By mean Dice.
        means: Mean Dice, losses by data sets.
        measures: Mean rank of each loss by Dice, surface Dice, Hausdorff distance and calibration.
        errors: Calibration error above the first bin, losses by data sets.
        pairs: Posterior of every pair of losses.
        stability, seeds: Failures, and Dice by seed.
        rates, variances: The sweep of the learning rates.
        structures, interaction: Dice against the foreground share of a structure.
    """

    study: Synthesis
    ranks: RankTest
    means: pd.DataFrame
    measures: pd.DataFrame
    errors: pd.DataFrame
    pairs: pd.DataFrame
    stability: pd.DataFrame
    seeds: pd.DataFrame
    rates: pd.DataFrame
    variances: pd.DataFrame
    structures: pd.DataFrame
    interaction: ShareInteraction
    rules: Mapping[str, Any]

    @property
    def losses(self) -> list[str]:
        """The losses by mean rank."""
        return [str(loss) for loss in self.means.index]

    @property
    def titles(self) -> dict[str, str]:
        """Title of each data set, with its kind."""
        return {name: self.study.title(name) for name in self.study.datasets}

    @property
    def note(self) -> str:
        """On what the numbers stand, for the foot of a figure."""
        kinds = {facts["kind"] for facts in self.study.provenance.values()}
        cases = sum(facts["cases"] for facts in self.study.provenance.values())
        folds = len(next(iter(self.study.provenance.values()))["folds"])
        data = "Phantoms" if kinds == {"phantom"} else "Real subsets"
        return f"{data}, {len(self.titles)} data sets, {cases} cases, {folds} folds, seed {self.study.first_seed}."


def findings(study: Synthesis | None, losses: Sequence[str], rules: Mapping[str, Any]) -> Findings | None:
    """Compute everything; None without a synthesis.

    Args:
        study: The synthesis of a scale.
        losses: Those of the comparison.
        rules: Of the protocol, which stand there since before the first run.
    """
    if study is None:
        return None
    bootstrap = {"confidence": rules["confidence"], "resamples": rules["resamples"]}
    ranks = rank_test(dataset_means(study, losses), level=rules["level"])
    order = [str(loss) for loss in ranks.mean.index]
    means = dataset_means(study, order)
    errors = calibration_errors(study, order)
    measures = {
        "Dice": ranks,
        "surface Dice": rank_test(dataset_means(study, order, "surface_dice")),
        DISTANCE: rank_test(median_means(study, order), higher_is_better=False),
        CALIBRATION: rank_test(errors, higher_is_better=False),
    }
    bayes = {name: rules[name] for name in ("prior", "posterior", "draws")}
    structures = structure_means(study, order, **bootstrap)
    return Findings(
        study=study,
        ranks=ranks,
        means=means,
        measures=pd.DataFrame({name: test.mean for name, test in measures.items()}).reindex(order),
        errors=errors,
        pairs=equivalence_matrix(means, rules["rope"], **bayes),
        stability=stability(study, order, rules["collapsed"]),
        seeds=seed_values(study, order),
        rates=rate_ranks(study, order),
        variances=variance_shares(study, order),
        structures=structures,
        interaction=share_interaction(structures, resamples=rules["resamples"]),
        rules=rules,
    )


def missing_datasets(found: Findings | None, wanted: Sequence[str]) -> list[str]:
    """The data sets of the protocol whose tables are not there."""
    return [name for name in wanted if found is None or name not in found.study.provenance]


def calibration_errors(study: Synthesis, losses: Sequence[str]) -> pd.DataFrame:
    """Expected calibration error above the first bin, of all folds together: losses by data sets.

    A loss whose networks see nothing anywhere, or diverged, has an infinite one, so that it ranks last.
    """
    rows = study.reliability[study.reliability["loss"].isin(losses)]
    found = {
        (str(loss), str(dataset)): calibration_error(merged_bins(bins), first_bin=1)
        for (loss, dataset), bins in rows.groupby(["loss", "dataset"])
    }
    table = pd.Series(found, dtype=float).unstack() if found else pd.DataFrame()
    return table.reindex(index=list(losses), columns=study.datasets).fillna(float("inf"))


def source(reports: Path | str) -> str:
    """One line: which data the synthesis was run on, and the fingerprints of what its numbers come from."""
    parts = []
    for scale, words in SCALES.items():
        study = load_synthesis(Path(reports) / "metrics" / scale / "synthesis")
        if study is None:
            parts.append(f"{words}: not run")
            continue
        prints = [facts["fingerprints"] for facts in study.provenance.values()]
        joint = {part: fingerprint(sorted({p[part] for p in prints})) for part in ("data", "code", "parameters")}
        names = ", ".join(facts["title"] for facts in study.provenance.values())
        parts.append(f"{words}: {names} ({' · '.join(f'{part} {value}' for part, value in joint.items())})")
    return "; ".join(parts)


def five_sentences(found: Findings | None, sweep: Sweep | None) -> list[str]:
    """The synthesis in five sentences, each with its numbers; of what is missing, the sentence says so.

    Args:
        found: Of one scale.
        sweep: The robustness sweep, in which nothing but the foreground share changes.
    """
    if found is None:
        return ["The synthesis was not run on these data, so that nothing can be said: make synthesis."]
    return [_which(found), _how_sure(found), _when(found, sweep), _luck(found), _trades(found)]


def _which(found: Findings) -> str:
    best, ranks = found.losses[0], found.ranks
    gaps = ranks.mean.iloc[1:] - ranks.mean.iloc[0]
    near = int((gaps <= ranks.critical_difference).sum())
    return (
        f"**Which?** By mean rank of Dice over {len(found.titles)} data sets, {arm_words(best)} comes first "
        f"({ranks.mean.iloc[0]:.1f} of {len(found.losses)}) and {arm_words(found.losses[-1])} last "
        f"({ranks.mean.iloc[-1]:.1f}); Friedman's p is {p_words(ranks.friedman_p)}, and {near} of the "
        f"{len(gaps)} others lie within the critical difference of {ranks.critical_difference:.1f} from the first."
    )


def _how_sure(found: Findings) -> str:
    counts = found.pairs["decision"].value_counts()
    decided, same, open_ = (
        int(sum(counts.get(n, 0) for n in names)) for names in (("better", "worse"), ("equivalent",), ("undecided",))
    )
    rope, level = found.rules["rope"], found.rules["posterior"]
    return (
        f"**How sure?** Of {len(found.pairs)} pairs of losses, {decided} differ by more than {rope:g} Dice with a "
        f"probability above {level:.0%}, {same} are practically equivalent, and {open_} cannot be decided on so few "
        "data sets."
    )


def _when(found: Findings, sweep: Sweep | None) -> str:
    slopes, p = found.interaction.slopes, p_words(found.interaction.p)
    here = (
        f"over {found.interaction.structures} structures, {arm_words(str(slopes.index[0]))} loses least where they are "
        f"rare and {arm_words(str(slopes.index[-1]))} most, {slopes.iloc[-1] - slopes.iloc[0]:.2f} Dice apart for a "
        f"tenfold share (interaction: p {p})"
    )
    if sweep is None:
        return f"**When?** The sweep of the foreground share was not run; {here}."
    test = sweep_interaction(sweep, resamples=found.rules["resamples"])
    first, last = test.slopes.iloc[0], test.slopes.iloc[-1]
    return (
        f"**When?** Where nothing but the foreground share changes, {arm_words(first['arm'])} suffers least from "
        f"imbalance ({first['slope']:+.2f} Dice for a tenfold share) and {arm_words(last['arm'])} most "
        f"({last['slope']:+.2f}; interaction: p {p_words(test.p)}, phantoms); {here}."
    )


def _luck(found: Findings) -> str:
    table = found.stability
    worst = table.loc[table["collapsed"].idxmax()]
    seeds = (
        f"another seed moves a run by {table['sd_seeds'].median():.3f} Dice (standard deviation, median of the losses)"
        if table["sd_seeds"].notna().any()
        else "no loss was trained with several seeds"
    )
    rates = "; no learning rate but one was tried"
    if len(found.rates):
        span = (found.rates["greatest"] - found.rates["least"]).median()
        shares = found.variances[["loss", "rate", "interaction"]].mean()
        rates = (
            f"; another learning rate moves a loss by {span:.1f} mean ranks (median), and of the variance of Dice "
            f"{shares['loss']:.0%} goes with the loss, {shares['rate']:.0%} with the rate and "
            f"{shares['interaction']:.0%} with both together"
        )
    total = (table["collapsed"] * table["runs"]).sum() / table["runs"].sum()
    failed = (
        f"{total:.0%} of the runs are no better than a trivial answer "
        f"({arm_words(worst['loss'])}: {worst['collapsed']:.0%})"
        if total
        else f"None of the {table['runs'].sum()} runs collapsed to a trivial answer"
    )
    return f"**How much is luck?** {failed}, {seeds}{rates}."


def _trades(found: Findings) -> str:
    best = {name: _first(ranks) for name, ranks in found.measures.items()}
    ratios = found.study.costs.groupby("loss")["ratio"].median()
    dear = str(ratios.idxmax())
    return (
        f"**At what price?** First by Dice is {best['Dice']}, by surface Dice {best['surface Dice']}, by the 95 % "
        f"Hausdorff distance {best[DISTANCE]}, by calibration {best[CALIBRATION]}; the dearest, {arm_words(dear)}, "
        f"takes {ratios[dear]:.2f} times as long for a step as cross entropy."
    )


def _first(ranks: pd.Series) -> str:
    """The loss of the smallest mean rank, or all that share it."""
    return " and ".join(arm_words(str(loss)) for loss in ranks.index[ranks == ranks.min()])
