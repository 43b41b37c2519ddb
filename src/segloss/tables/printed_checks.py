"""Checks of what four of the papers print: Kappa, TopK Dice, Boundary, Unified Focal."""

from collections.abc import Iterator

from segloss.published import load_published, printed_names, published_facts
from segloss.statistics import recompute_p_values
from segloss.statistics.recomputed import INDEPENDENT, recompute_differences
from segloss.tables.boundary_table import NOTHING, WITH, WITHOUT
from segloss.tables.check import DEPENDS, Check, listed, outcome_of
from segloss.tables.paper import repeated_cells, text_against_table
from segloss.tables.printed_structures import NEW, printed_means_table, printed_ranks_table
from segloss.verdicts.computed import COMPUTATIONS
from segloss.verdicts.words import arm_words

_TESTS = ("folds", "images", "paired images")


def kappa_checks() -> Iterator[Check]:
    """Tables 2 and 3: p-values, the text against the cells, which index it is."""
    frame, names = recompute_p_values("kappa"), printed_names("kappa")
    nowhere = [f"{names[row.dataset]} {row.metric}" for row in frame.itertuples() if row.fits == "none"]
    yield Check(
        "kappa",
        "Table 2",
        f"{len(frame)} p-values",
        "no t-test over folds or images, of whatever pairing and rounding, gives "
        f"{len(nowhere)} of them: {listed(nowhere)}",
        outcome_of(not nowhere),
        "K10",
    )
    fitting = {test: frame["fits"].str.split(", ").map(lambda fits, t=test: t in fits) for test in _TESTS}
    yield Check(
        "kappa",
        "Table 2",
        f"one test for all {len(frame)} p-values",
        "; ".join(f"over {test}: fits {int(fits.sum())}" for test, fits in fitting.items()),
        outcome_of(any(fits.all() for fits in fitting.values())),
        "K14",
    )
    counts = text_against_table()["in the table"].value_counts()
    outcomes = ", ".join(f"{counts.get(word, 0)} {word}" for word in ("better", "equal", "worse"))
    yield Check(
        "kappa",
        "section 4.3.2 and Table 3",
        "cross entropy first, then Dice or Kappa, outperforms the single loss",
        f"of {counts.sum()} cells {outcomes}",
        outcome_of(counts.get("better", 0) == counts.sum()),
        "K9",
    )
    same = repeated_cells()["same mean"]
    yield Check(
        "kappa",
        "Tables 2 and 3",
        "Table 3 is the intersection over union",
        f"{(same == 'yes').sum()} of {len(same)} of its means are the Dice indices of Table 2 to both digits",
        outcome_of(not (same == "yes").any()),
        "K8",
    )
    cell = load_published("kappa").query("dataset == 'scd_nonmelanoma' and metric == 'hausdorff'").set_index("arm")
    fact = published_facts("kappa").set_index("fact")["value"]["hausdorff_drop_nonmelanoma"]
    drop = 100 * (1 - cell["value"]["kappa"] / cell["value"]["dice"])
    yield Check(
        "kappa",
        "section 4.3.1",
        f"the Hausdorff distance falls by {fact:g} % on {names['scd_nonmelanoma']}",
        f"{cell['value']['dice']:.2f} to {cell['value']['kappa']:.2f}: {drop:.1f} %",
        outcome_of(round(drop) == fact),
    )


def topk_checks() -> Iterator[Check]:
    """Tables 1 to 3: means of structures, bounds between the metrics, the general gain, the number of scans."""
    means = printed_means_table()
    agree = (means["agree"] == "yes").sum()
    rows = f"of {len(means)} rows {agree} are the mean of their structures"
    yield Check("topk_dice", "Tables 1 and 2", "mean Dice", rows, outcome_of(agree == len(means)), "T10")
    cells = load_published("topk_dice")
    wide = cells[cells["class"].isna()].pivot(index=["dataset", "arm"], columns="metric", values="value")
    inside = ((wide["iou"] < wide["dice"]) & (wide["iou"] > wide["dice"] / (2 - wide["dice"]) - 1e-4)).sum()
    yield Check(
        "topk_dice",
        "Tables 1 to 3",
        "mean Dice D and mean intersection over union",
        f"of {len(wide)} rows {inside} have it between D / (2 − D) and D, as a mean of a convex function must",
        outcome_of(inside == len(wide)),
    )
    lesions = wide.loc["msseg"]
    below = (lesions["dice"] < 2 / (1 / lesions["precision"] + 1 / lesions["sensitivity"])).sum()
    yield Check(
        "topk_dice",
        "Table 3",
        "Dice, precision and sensitivity",
        f"of {len(lesions)} rows {below} have a Dice below the harmonic mean of the other two, as means must",
        outcome_of(below == len(lesions)),
    )
    ranks = printed_ranks_table().assign(first=lambda frame: frame["its rank"].str.startswith("1 "))
    best = ranks.groupby("data set", sort=False)["first"].agg(["sum", "size"])
    yield Check(
        "topk_dice",
        "section 3.3 and Tables 1 and 2",
        f"{arm_words(NEW)} gains in general",
        "; ".join(f"{name}: best in {row['sum']} of {row['size']} structures" for name, row in best.iterrows()),
        outcome_of(bool(ranks["first"].all())),
        "T13",
    )
    facts = published_facts("topk_dice").set_index("fact")["value"]
    used, scans = facts["training_acdc"] + facts["test_acdc"], int(cells.query("dataset == 'acdc'")["n"].iloc[0])
    yield Check(
        "topk_dice",
        "section 3.1",
        f"ACDC: {scans} scans, {facts['training_acdc']:g} for training and {facts['test_acdc']:g} for the test",
        f"{scans - used:g} are not accounted for; they may have been the validation part",
        outcome_of(used == scans, DEPENDS),
        "T10",
    )


def boundary_checks() -> Iterator[Check]:
    """The abstract against Table 1, the Dice index of an empty foreground, the number of scans."""
    cells = load_published("boundary").set_index(["dataset", "metric", "arm"])["value"]
    facts, names = published_facts("boundary").set_index("fact")["value"], printed_names("boundary")
    before, after = (cells["isles2018", "dice", arm] for arm in (WITHOUT, WITH))
    yield Check(
        "boundary",
        "abstract",
        f"{facts['gain_dice']:g} % in Dice",
        f"{before} to {after}: {100 * (after - before):.1f} points, {100 * (after / before - 1):.1f} %",
        outcome_of(round(100 * (after / before - 1)) == facts["gain_dice"], DEPENDS),
        "B12",
    )
    before, after = (cells["isles2018", "hausdorff", arm] for arm in (WITHOUT, WITH))
    yield Check(
        "boundary",
        "abstract",
        f"{facts['gain_hausdorff']:g} % in the Hausdorff distance",
        f"{before} to {after}: {100 * (1 - after / before):.1f} %",
        outcome_of(round(100 * (1 - after / before)) == facts["gain_hausdorff"]),
        "B12",
    )
    empty = "; ".join(f"{names[data]}: {cells[data, 'dice', NOTHING]}" for data in names)
    yield Check(
        "boundary",
        "section 3.3 and Table 1",
        f"the boundary loss alone ends in an empty foreground, with a Dice of {empty}",
        "an empty prediction has a Dice of 0, unless slices without a lesion count as 1",
        outcome_of(all(cells[data, "dice", NOTHING] == 0 for data in names), DEPENDS),
        "B11",
    )
    tests = recompute_differences().query("paper == 'boundary' and metric == 'dice'")
    tests = tests[tests["pairing"] == INDEPENDENT]
    shown = "; ".join(f"{names[row.dataset]}: p {row.p:.2f}" for row in tests.itertuples())
    yield Check(
        "boundary",
        "section 3.3",
        "significantly higher Dice, of 2 runs, without a test",
        f"Welch's test over the runs, not corrected: {shown}; over patients it cannot be computed",
        outcome_of(bool((tests["p"] < 0.05).all()), DEPENDS),
        "B12",
    )
    sums = [(facts[f"training_{s}"] + facts[f"validation_{s}"], facts[f"scans_{s}"]) for s in ("isles", "wmh")]
    split = "; ".join(f"{parts:g} of {scans:g}" for parts, scans in sums)
    agree = all(parts == scans for parts, scans in sums)
    yield Check(
        "boundary", "section 3.1", "training and validation part", f"add up to {split} scans", outcome_of(agree)
    )


def unified_checks() -> Iterator[Check]:
    """The unit of the statistics; the abstract, of another version than the body."""
    found = COMPUTATIONS["unit_of_the_statistics"]()
    agree = outcome_of(found.verdict == "supported")
    yield Check("unified_focal", "v1, Tables 1 to 4", found.published, found.ours, agree, "U18")
    own = load_published("unified_focal").query("arm == 'asymmetric_unified_focal_deep_supervision'")
    facts = published_facts("unified_focal").set_index("fact")["value"]
    abstract = {name: facts[name] for name in ("dice_bus2017", "dice_brats2020", "dice_kits19_tumour")}
    there = sum(value in set(own["value"]) for value in abstract.values())
    body = load_published("unified_focal").query("table in ['1', '3'] and metric == 'dice'")
    data, named = set(body["dataset"]), {name.split("_")[1] for name in abstract}
    yield Check(
        "unified_focal",
        "abstract against the pictures of the third version",
        f"Dice of {listed([f'{value:.3f}' for value in abstract.values()])}",
        f"{there} of {len(abstract)} stand in its tables",
        outcome_of(there == len(abstract)),
        "U0",
    )
    yield Check(
        "unified_focal",
        "abstract (v3) against the body (v1)",
        f"{len(named)} data sets",
        f"the tables of the body have {len(data)}, and no row of the Unified Focal loss",
        outcome_of(data == named),
        "U0",
    )
