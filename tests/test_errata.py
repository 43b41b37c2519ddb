"""The errata that a computation can prove, one test each; ``docs/errata.md`` names them. The rest are read."""

import re
from collections.abc import Callable
from fractions import Fraction
from math import comb, log, sqrt

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from scipy.ndimage import binary_erosion, distance_transform_edt
from scipy.spatial.distance import directed_hausdorff
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from segloss.losses.as_published import (
    alpha_with_floor,
    inverted_cosine_tversky,
    kappa_equation_4,
    kappa_equation_5_gradient,
    kappa_readme,
    survey_combo,
    survey_focal_tversky,
    truncated_distance,
)
from segloss.published import load_published
from segloss.statistics import recompute_p_values

Array = NDArray[np.float64]

# Four pixels: TP 1.4, FP 0.2, FN 0.6, so that an exchange of the two errors shows.
MASK = np.array([1.0, 1.0, 0.0, 0.0])
PROBS = np.array([0.9, 0.5, 0.1, 0.1])
GOOD, BAD = 0.01 + 0.98 * MASK, 0.99 - 0.98 * MASK

# Dice coefficient and sensitivity in Table III of the survey.
SURVEY = {
    "binary cross entropy": (0.968, 0.976),
    "weighted cross entropy": (0.962, 0.966),
    "focal": (0.936, 0.952),
    "dice": (0.970, 0.981),
    "tversky": (0.965, 0.979),
    "focal tversky": (0.977, 0.990),
    "sensitivity specificity": (0.957, 0.980),
    "exponential logarithmic": (0.972, 0.982),
    "log cosh dice": (0.989, 0.975),
}


def counts(probs: Array, mask: Array) -> tuple[float, float, float, float]:
    """Soft TP, FP, FN and TN."""
    other = 1 - mask
    return (probs * mask).sum(), (probs * other).sum(), ((1 - probs) * mask).sum(), ((1 - probs) * other).sum()


def kappa_loss(probs: Array, mask: Array) -> float:
    """One minus equation 1 of the Kappa paper."""
    a, b, c, d = counts(probs, mask)
    return 1 - 2 * (a * d - b * c) / ((a + b) * (b + d) + (a + c) * (c + d))


def dice(probs: Array, mask: Array, power: int = 1) -> float:
    """The Dice index, linear or squared."""
    return float(2 * (probs * mask).sum() / ((probs**power).sum() + (mask**power).sum()))


def tversky(probs: Array, mask: Array, fp_weight: float, fn_weight: float) -> float:
    """The Tversky index."""
    tp, fp, fn, _ = counts(probs, mask)
    return tp / (tp + fp_weight * fp + fn_weight * fn)


def modified_cross_entropy(probs: Array, mask: Array, beta: float = 0.5) -> float:
    """The combo loss's cross entropy with the product where both papers print a difference."""
    return float(-(beta * mask * np.log(probs) + (1 - beta) * (1 - mask) * np.log(1 - probs)).mean())


def slopes(loss: Callable[[Array], float], probs: Array) -> Array:
    """Central differences in each pixel."""
    moves = 1e-6 * np.eye(probs.size)
    return np.array([(loss(probs + move) - loss(probs - move)) / 2e-6 for move in moves])


def tensors(*arrays: Array) -> list[torch.Tensor]:
    return [torch.from_numpy(array) for array in arrays]


def disc(radius: float, size: int = 64) -> NDArray[np.bool_]:
    y, x = np.mgrid[:size, :size] - size // 2
    return x**2 + y**2 <= radius**2


def to_border(mask: NDArray[np.bool_]) -> Array:
    """Distance to the nearest pixel of the mask that touches the outside."""
    return distance_transform_edt(~(mask & ~binary_erosion(mask)))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


# ---------------------------------------------------------------------------------------------------- the page itself


def test_the_page_names_a_test_for_every_erratum_or_says_that_none_can_be(root):
    page = (root / "docs/errata.md").read_text(encoding="utf-8")
    entries = dict(re.findall(r"^### ([KTUBS]\d+)\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    last = {"K": range(1, 16), "T": range(1, 14), "U": range(19), "B": range(1, 15), "S": range(1, 24)}
    assert list(entries) == [f"{paper}{number}" for paper, numbers in last.items() for number in numbers]
    proofs = {number: re.findall(r"`(test_\w+)`", text) for number, text in entries.items()}
    for number, text in entries.items():
        assert (len(proofs[number]) == 1) != ("not provable by computation" in " ".join(text.split())), number
        assert all(name.startswith(f"test_{number.lower()}_") for name in proofs[number]), number
    tests = {name for name in globals() if re.match(r"test_[ktubs]\d+_", name)}
    assert {name for names in proofs.values() for name in names} == tests


# ------------------------------------------------------------------------------------------------------------- Kappa


def test_k1_twice_the_intersection_over_the_union_would_exceed_one():
    union = np.maximum(MASK, MASK).sum()
    assert 2 * (MASK * MASK).sum() / union == 2
    assert dice(MASK, MASK) == 1


def test_k2_the_count_d_holds_pixels_on_which_both_raters_agree():
    predicted = np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    true = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    assert ((1 - predicted) * (1 - true)).sum() == (np.logical_not(predicted) & (predicted == true)).sum() == 2


def test_k3_b_of_equation_3_holds_the_false_negatives_and_kappa_does_not_notice(rng):
    predicted, true = (rng.random((2, 200)) < [[0.3], [0.5]]).astype(float)
    _, fp, fn, _ = confusion_matrix(true, predicted).ravel()
    b, c = ((1 - predicted) * true).sum(), ((1 - true) * predicted).sum()
    assert (b, c) == (fn, fp)
    assert fp != fn
    assert kappa_loss(predicted, true) == pytest.approx(kappa_loss(true, predicted))  # b and c changed places


def test_k4_equation_4_gives_a_perfect_match_a_loss_and_the_repaired_form_none():
    mask = (np.arange(10_000) < 3_000).astype(float)
    assert kappa_equation_4(*tensors(mask, mask)).item() == pytest.approx(0.15, abs=1e-3)
    assert kappa_loss(mask, mask) == pytest.approx(0)
    assert 1 - cohen_kappa_score(mask, mask) == 0
    both, predicted, true, n = (PROBS * MASK).sum(), PROBS.sum(), MASK.sum(), 4
    chance = predicted * true / n
    assert 1 - 2 * (both - chance) / (predicted + true - 2 * chance) == pytest.approx(kappa_loss(PROBS, MASK))
    assert abs(kappa_equation_4(*tensors(PROBS, MASK)).item() - kappa_loss(PROBS, MASK)) > 0.05


def test_k5_equation_5_is_the_gradient_of_neither_form_and_four_repairs_make_it_right(rng):
    mask, probs, n = (np.arange(50) < 15).astype(float), rng.uniform(0.1, 0.9, 50), 50
    right = slopes(lambda p: kappa_loss(p, mask), probs)
    literal = slopes(lambda p: kappa_equation_4(*tensors(p, mask)).item(), probs)
    as_printed = kappa_equation_5_gradient(*tensors(probs, mask)).numpy()
    assert min(np.abs(as_printed - right).max(), np.abs(as_printed - literal).max()) > 5e-3
    both, predicted, true = (probs * mask).sum(), probs.sum(), mask.sum()
    below = predicted + true - 2 * predicted * true / n
    repaired = -2 * (mask * below - (both * (1 - 2 * true / n) + true**2 / n)) / below**2
    assert repaired == pytest.approx(right, abs=1e-8)


def test_k6_kappa_tends_to_dice_from_below_as_one_over_the_true_negatives():
    a, b, c = 60, 10, 20

    def gap(d: int) -> Fraction:
        kappa = Fraction(2 * (a * d - b * c), (a + b) * (b + d) + (a + c) * (c + d))
        return Fraction(2 * a, 2 * a + b + c) - kappa

    assert gap(10**6) > gap(10**8) > 0
    assert float(gap(10**6) / gap(10**8)) == pytest.approx(100, rel=1e-3)


def test_k7_the_published_code_gives_large_lesions_the_highest_floor():
    n = 224 * 224
    for share, floor in ((0.05, 0.025), (0.3, 0.15), (0.7, 0.35)):
        mask = (np.arange(n) < share * n).astype(float)
        assert kappa_readme(*tensors(mask, mask)).item() == pytest.approx(floor, abs=1e-3)


def test_k8_the_dice_and_kappa_rows_of_table_3_are_the_dice_indices_of_table_2():
    cells = load_published("kappa").set_index(["table", "dataset", "arm", "metric"])
    different = []
    for dataset in ("scd", "isic2016", "isic2018"):
        for arm in ("dice", "kappa"):
            second, third = (cells.loc[(table, dataset, arm, "dice")] for table in ("2", "3"))
            assert second["value"] == third["value"]
            if second["spread"] != third["spread"]:
                different.append((dataset, arm))
    assert different == [("isic2016", "dice")]


def test_k9_cross_entropy_first_is_better_in_one_cell_of_six():
    cells = load_published("kappa").query("table == '3'").set_index(["dataset", "arm"])["value"]
    signs = [
        np.sign(cells[dataset, f"cross_entropy_then_{arm}"] - cells[dataset, arm])
        for dataset in ("scd", "isic2016", "isic2018")
        for arm in ("dice", "kappa")
    ]
    assert [signs.count(sign) for sign in (1, 0, -1)] == [1, 2, 3]


def test_k10_no_pairing_or_rounding_of_images_gives_the_p_value_of_isic_2017():
    images = 2000 // 3
    cells = load_published("kappa").query("table == '2' and dataset == 'isic2017' and metric == 'dice'")
    low, high = cells.set_index("arm")["value"][["dice", "kappa"]]
    assert stats.ttest_ind_from_stats(high, 0.05, images, low, 0.05, images, equal_var=False).pvalue < 1e-44
    # Least favourable: the gap rounded down, the deviations up, every image's two scores moving against each other.
    t = (high - low - 0.01) / (2 * 0.055 / sqrt(images))
    assert 2 * stats.t.sf(t, images - 1) < 1e-11 < 0.067


def test_k12_a_network_for_grey_images_has_the_first_parameter_count_and_none_has_the_second():
    def parameters(filters: int, channels: int) -> int:
        def convolution(inputs: int, outputs: int, width: int) -> int:
            return width**2 * inputs * outputs + outputs

        widths = [filters * 2**level for level in range(5)]
        down = sum(
            convolution(i, o, 3) + convolution(o, o, 3) for i, o in zip([channels, *widths], widths, strict=False)
        )
        up = sum(convolution(2 * o, o, 2) + convolution(2 * o, o, 3) + convolution(o, o, 3) for o in widths[:-1])
        return down + up + convolution(filters, 2, 3) + convolution(2, 1, 1)

    assert parameters(64, channels=1) == 31_031_685
    assert parameters(64, channels=3) != 31_031_685
    assert 1_946_449 - parameters(16, channels=1) == 5_356
    assert parameters(16, channels=3) != 1_946_449


def test_k13_at_the_printed_dice_the_border_of_a_disc_has_moved_further_than_the_printed_distance():
    cells = load_published("kappa").query("table == '2' and dataset == 'isic2018' and arm == 'dice'")
    index, distance = cells.set_index("metric")["value"][["dice", "hausdorff"]]
    radius = sqrt(0.2 * 256**2 / np.pi)  # a lesion that fills a fifth of the image
    inward = radius * (1 - sqrt(index / (2 - index)))
    outward = radius * (sqrt((2 - index) / index) - 1)
    assert outward > inward > 11 > distance


def test_k14_no_unit_of_the_test_gives_the_whole_column_of_p_values():
    cells = recompute_p_values().query("metric == 'dice'").set_index("dataset")
    isic2016 = stats.ttest_ind_from_stats(0.84, 0.01, 3, 0.80, 0.05, 3, equal_var=False).pvalue
    assert cells.loc["isic2016", "p_folds"] == pytest.approx(isic2016)
    assert isic2016 > 0.2  # over three folds, where 0.000 is printed
    assert cells.loc["isic2017", "fits"] == "none"
    for unit in ("folds", "images", "paired images"):
        assert not all(unit in fits.split(", ") for fits in cells["fits"])


def test_k15_scd_has_as_many_images_as_its_two_subsets():
    images = load_published("kappa").query("table == '2'").groupby("dataset")["n"].first()
    assert images["scd"] == images["scd_melanoma"] + images["scd_nonmelanoma"]


# --------------------------------------------------------------------------------------------------------- TopK Dice


def ignored(probs: Array, keep: float, *, strict: bool = True) -> NDArray[np.bool_]:
    """Equations 2 to 4 letter by letter, on the foreground pixels of one class."""
    easy = int((1 - keep) * probs.size)
    threshold = np.sort(probs)[::-1][easy - 1]
    return probs > threshold if strict else probs >= threshold


def topk_dice_loss(probs: Array, mask: Array, easy: int) -> float:
    """Equation 7 with exactly so many easiest foreground pixels left out."""
    order = np.argsort(-np.where(mask > 0, probs, -1.0), kind="stable")[:easy]
    left = np.delete(np.arange(probs.size), order)
    return 1 - dice(probs[left], mask[left], power=2)


def trained(rng: np.random.Generator, foreground: int = 40, background: int = 160) -> tuple[Array, Array]:
    """A prediction that is mostly right."""
    mask = (np.arange(foreground + background) < foreground).astype(float)
    return 1 / (1 + np.exp(-6 * (mask - 0.5) + rng.normal(0, 1.5, mask.size))), mask


@pytest.mark.parametrize("foreground", [121, 128, 151])
def test_t1_the_strict_comparison_ignores_one_pixel_less_than_wanted(foreground, rng):
    probs, wanted = rng.random(foreground), int(0.5 * foreground)
    assert ignored(probs, keep=0.5).sum() == wanted - 1
    assert ignored(probs, keep=0.5, strict=False).sum() == wanted


def test_t2_the_zeroth_highest_value_is_read_as_the_lowest_and_drops_all_but_one(rng):
    probs, mask = trained(rng)
    assert ignored(probs[mask > 0], keep=1.0).sum() == 39
    assert topk_dice_loss(probs, mask, easy=0) == 1 - dice(probs, mask, power=2)


def test_t3_the_unsaid_rounding_changes_the_loss(rng):
    probs, mask = trained(rng, foreground=121)
    assert 0.5 * 121 == 60.5
    assert abs(topk_dice_loss(probs, mask, 60) - topk_dice_loss(probs, mask, 61)) > 1e-4


def test_t4_ties_change_the_number_of_pixels_and_sure_predictions_are_all_ties(rng):
    rounded = np.repeat([0.0, 0.2, 0.4, 0.6, 0.8], 25)  # 62 of them are to be ignored
    assert ignored(rounded, keep=0.5).sum() == 50
    assert ignored(rounded, keep=0.5, strict=False).sum() == 75
    assert ignored(np.ones(120), keep=0.5).sum() == 0
    assert ignored(np.ones(120), keep=0.5, strict=False).sum() == 120  # nothing is left: equation 7 is 0 / 0
    probs, perturbation = np.linspace(0.5, 0.502, 21), rng.uniform(0, 1e-3, 21)  # steps of a tenth of the perturbation
    assert (np.argsort(probs + perturbation) != np.argsort(probs)).any()


def test_t5_the_perturbed_probabilities_exceed_one_and_must_not_enter_the_loss(rng):
    perturbation = rng.uniform(0, 1e-3, 4)
    assert (MASK + perturbation).max() > 1
    assert 1 - dice(MASK, MASK, power=2) == 0
    assert 1 - dice(MASK + perturbation, MASK, power=2) != 0


def test_t6_no_background_pixel_is_ever_dropped_so_that_false_positives_gain_weight(rng):
    mask = np.array([1.0] * 10 + [0.0] * 10)
    true_positive_map = mask * rng.uniform(0.5, 1, 20)  # equation 2
    threshold = np.sort(true_positive_map)[::-1][int(0.5 * 10)]
    assert not (true_positive_map > threshold)[mask == 0].any()
    false_positives_only = np.where(mask > 0, 1.0, 0.3)
    losses = [topk_dice_loss(false_positives_only, mask, easy) for easy in (0, 5, 9)]
    assert losses == sorted(losses)
    assert losses[-1] > 2 * losses[0]


def test_t7_an_absent_class_would_add_a_full_one():
    assert 1 - dice(np.full(100, 1e-3), np.zeros(100), power=2) == 1


def test_t8_equation_8_is_the_linear_dice_loss_not_the_squared_one():
    tp, fp, fn, _ = counts(PROBS, MASK)
    loss = 1 - tp / (tp + 0.5 * fp + 0.5 * fn)
    assert loss == pytest.approx(1 - dice(PROBS, MASK))
    assert loss - (1 - dice(PROBS, MASK, power=2)) > 0.05


def test_t9_the_loss_rises_to_one_as_fewer_pixels_are_kept(rng):
    for _ in range(20):
        probs, mask = trained(rng)
        losses = [topk_dice_loss(probs, mask, easy) for easy in range(41)]
        assert (np.diff(losses) >= -1e-12).all()
        assert losses[-1] == 1


def printed_organs(table: str) -> pd.DataFrame:
    """Dice of a printed table, arms by structures, "mean" among them."""
    cells = load_published("topk_dice").query("table == @table and metric == 'dice'").fillna({"class": "mean"})
    return cells.pivot(index="arm", columns="class", values="value")


def test_t10_the_printed_means_over_organs_are_those_of_the_organ_columns():
    for table in ("1", "2"):
        dice = printed_organs(table)
        assert dice.drop(columns="mean").mean(axis=1).to_numpy() == pytest.approx(dice["mean"].to_numpy(), abs=1e-4)


def test_t13_the_new_loss_is_best_in_four_of_eight_organs_and_one_of_three_heart_structures():
    for table, best in (("1", 4), ("2", 1)):
        organs = printed_organs(table).drop(columns="mean")
        assert (organs.idxmax() == "cross_entropy_plus_topk_dice").sum() == best
    dice = printed_organs("1")[["liver", "stomach"]]
    assert (dice.loc["cross_entropy_plus_topk_dice"] < dice.loc["cross_entropy"]).all()


# ----------------------------------------------------------------------------------------------------- unified focal


def test_u1_a_prediction_of_0_or_1_has_the_cross_entropy_0_or_infinity():
    with np.errstate(divide="ignore"):
        assert set(-np.log(np.array([0.0, 1.0]))) == {0.0, np.inf}


def test_u2_gamma_0_gives_alpha_times_the_cross_entropy():
    focal = 0.25 * (1 - PROBS) ** 0 * -np.log(PROBS)
    assert focal == pytest.approx(0.25 * -np.log(PROBS))
    assert (focal != -np.log(PROBS)).all()


def test_u3_a_modulator_outside_the_sum_gives_another_loss():
    of_the_true_class = np.where(MASK > 0, PROBS, 1 - PROBS)
    modulator, cross_entropy = (1 - of_the_true_class) ** 2, -np.log(of_the_true_class)
    inside, outside = (modulator * cross_entropy).mean(), modulator.mean() * cross_entropy.mean()
    assert inside > 2 * outside


def test_u4_delta_of_equation_9_weighs_false_positives_by_its_own_symbols():
    p0, p1, g0, g1 = PROBS, 1 - PROBS, MASK, 1 - MASK  # 0 is the foreground, as the text defines it

    def equation_9(delta: float) -> float:
        return (p0 * g0).sum() / ((p0 * g0).sum() + delta * (p0 * g1).sum() + (1 - delta) * (p1 * g0).sum())

    assert equation_9(0.7) == pytest.approx(tversky(PROBS, MASK, fp_weight=0.7, fn_weight=0.3))
    assert equation_9(0.7) != pytest.approx(tversky(PROBS, MASK, fp_weight=0.3, fn_weight=0.7))


def test_u5_a_sum_over_classes_leaves_the_range_of_the_mean():
    worst = [1 - dice(BAD, MASK), 1 - dice(1 - BAD, 1 - MASK)]
    assert sum(worst) > 1.9
    assert np.mean(worst) <= 1


def test_u6_the_exponent_four_thirds_does_the_opposite_of_the_codes_three_quarters():
    error = 0.2
    assert error ** (4 / 3) == pytest.approx(0.117, abs=1e-3)
    assert error**0.75 == pytest.approx(0.299, abs=1e-3)
    assert error ** (4 / 3) < error < error**0.75
    assert 1 / (4 / 3) == 0.75


def test_u7_the_published_cosine_loss_is_least_at_the_worst_match():
    mask = torch.tensor([[[1.0, 1.0, 0.0, 0.0]]])
    assert inverted_cosine_tversky(1 - mask, mask).item() == pytest.approx(0, abs=1e-5)
    assert inverted_cosine_tversky(mask, mask).item() == pytest.approx(2)
    assert inverted_cosine_tversky(mask, mask, exponent=1.5).isnan()
    index = np.linspace(0, 1, 11)
    assert np.cos(np.pi * index).min() == -1  # as the text stands
    assert np.cos(np.pi / 2 * index)[[0, -1]] == pytest.approx([1, 0])


def test_u8_a_difference_in_place_of_the_product_rewards_missed_pixels():
    def literal(probs: Array) -> float:
        return survey_combo(*tensors(probs, MASK), cross_entropy_weight=1.0, positive_weight=0.8).item()

    assert literal(np.where(MASK > 0, 1e-6, 0.01)) < literal(GOOD)
    assert modified_cross_entropy(BAD, MASK) > modified_cross_entropy(GOOD, MASK)


def test_u9_equation_20_prefers_the_inverted_mask():
    def combo(probs: Array, sign: int) -> float:
        return 0.1 * modified_cross_entropy(probs, MASK) + sign * 0.9 * (1 - tversky(probs, MASK, 0.4, 0.6))

    assert combo(BAD, sign=-1) < combo(GOOD, sign=-1)
    assert combo(BAD, sign=1) > combo(GOOD, sign=1)


def test_u10_the_second_minus_of_equation_21_makes_the_loss_negative():
    def literal(probs: Array) -> float:
        true = np.where(MASK > 0, probs, 1 - probs)
        return float((-((1 - true) ** 2) * -np.log(true)).mean())

    assert literal(BAD) < literal(GOOD) < 0


def test_u11_with_the_dice_loss_for_md_equation_22_would_be_a_score():
    def literal(probs: Array) -> float:
        modified_dice_loss = 1 - tversky(probs, MASK, 0.4, 0.6)
        return (1 - modified_dice_loss) ** 0.75

    assert literal(GOOD) > literal(BAD)


def test_u12_the_codes_weight_is_one_minus_lambda_of_the_text():
    focal, region = 0.3, 0.1

    def code(weight: float) -> float:
        return weight * region + (1 - weight) * focal

    def text(weight: float) -> float:
        return weight * focal + (1 - weight) * region

    assert code(0.3) == pytest.approx(text(0.7))
    assert code(0.3) != pytest.approx(text(0.3))
    assert code(0.5) == text(0.5)  # the default hides it


def test_u13_alpha_of_a_quarter_makes_the_focal_part_a_quarter_of_that_without_alpha():
    true = np.where(MASK > 0, PROBS, 1 - PROBS)
    focal, region = ((1 - true) ** 2 * -np.log(true)).mean(), (1 - tversky(PROBS, MASK, 0.3, 0.7)) ** 0.75
    assert region + focal > 1.05 * (region + 0.25 * focal)


def test_u14_the_unpaired_test_misses_a_difference_that_the_paired_one_finds(rng):
    first = rng.normal(0.75, 0.1, 40)
    second = first + rng.normal(0.02, 0.01, 40)
    assert stats.ranksums(first, second).pvalue > 0.05
    assert stats.wilcoxon(first, second).pvalue < 1e-6


def test_u17_the_authors_code_weighs_the_background_with_beta_and_takes_a_slab_for_a_channel():
    target, probs, beta = np.stack([1 - MASK, MASK], 1), np.stack([1 - PROBS, PROBS], 1), 0.8
    cost = -(np.array([beta, 1 - beta]) * target * np.log(probs))
    of_background = cost[MASK == 0].sum() / -np.log(1 - PROBS[MASK == 0]).sum()
    of_foreground = cost[MASK == 1].sum() / -np.log(PROBS[MASK == 1]).sum()
    assert (of_background, of_foreground) == pytest.approx((0.8, 0.2))
    with pytest.raises(ValueError, match="broadcast"):
        np.array([beta, 1 - beta]) * np.ones((4, 3))
    volume = np.zeros((1, 8, 9, 10, 2))  # batch, three axes, channels last
    assert volume[:, :, :, 0].shape == (1, 8, 9, 2)
    assert volume[..., 0].shape == (1, 8, 9, 10)


def test_u18_folds_cannot_give_the_p_values_and_scans_cannot_give_the_intervals():
    smallest = 2 / comb(10, 5)  # five folds against five
    assert stats.mannwhitneyu(range(5), range(5, 10), method="exact").pvalue == pytest.approx(smallest)
    assert smallest > 0.00145
    needed = 0.050 * sqrt(340) / stats.norm.ppf(0.975)
    assert needed > sqrt(0.747 * (1 - 0.747))  # no values in [0, 1] with that mean spread more


# ---------------------------------------------------------------------------------------------------------- boundary


def test_b1_with_f_equal_to_one_the_output_of_the_network_drops_out():
    def integral(f: Callable[[Array], Array], probs: Array) -> float:
        return float((MASK * f(probs)).sum())

    assert integral(np.ones_like, GOOD) == integral(np.ones_like, BAD)
    assert integral(lambda s: s, GOOD) > integral(lambda s: s, BAD)


def test_b2_on_an_empty_slice_the_published_generalised_dice_is_1_and_has_no_gradient():
    mask = torch.zeros(256, dtype=torch.float64)
    for height in (1e-3, 0.5):
        probs = torch.full_like(mask, height, requires_grad=True)
        weights = [1 / (side.sum() + 1e-10) ** 2 for side in (mask, 1 - mask)]
        pairs = list(zip((probs, 1 - probs), (mask, 1 - mask), weights, strict=True))
        both = sum(w * (p * g).sum() for p, g, w in pairs)
        total = sum(w * (p.sum() + g.sum()) for p, g, w in pairs)
        loss = 1 - 2 * (both + 1e-10) / (total + 1e-10)
        loss.backward()
        assert loss.item() == pytest.approx(1, abs=1e-12)
        assert probs.grad.abs().max() < 1e-20


@pytest.mark.parametrize(("radius", "move", "expected"), [(20, 5, 1.167), (5, 5, 1.667), (20, -5, 0.833)])
def test_b3_equation_3_is_exact_to_first_order_only(radius, move, expected):
    # Disc against disc: equation 2 is the boundary's length times the squared motion.
    radii = np.linspace(min(radius, radius + move), max(radius, radius + move), 20_001)
    equation_3 = 2 * np.trapezoid(2 * np.pi * radii * np.abs(radii - radius), radii)
    ratio = equation_3 / (2 * np.pi * radius * move**2)
    assert ratio == pytest.approx(expected, abs=1e-3)
    assert ratio == pytest.approx(1 + 2 * move / (3 * radius), abs=1e-3)


def test_b4_equation_4_is_exact_for_regions():
    true, predicted = disc(10), np.roll(disc(8), 5, axis=1)
    phi = np.where(true, -to_border(true), to_border(true))
    assert (phi * predicted).sum() - (phi * true).sum() == pytest.approx(np.abs(phi[true ^ predicted]).sum())
    assert (phi * predicted).sum() > (phi * true).sum()


def test_b5_the_boundary_loss_of_a_perfect_match_is_negative():
    true = disc(10)
    phi = np.where(true, -to_border(true), to_border(true))
    assert (phi * true).sum() < 0


def test_b6_the_codes_map_differs_inside_and_loses_its_fractions():
    true = disc(12.3)
    assert true.sum() == 481
    code = distance_transform_edt(~true) * ~true - (distance_transform_edt(true) - 1) * true
    difference = np.abs(np.where(true, -to_border(true), to_border(true)) - code)
    assert difference[~true].max() == 0
    assert difference[true].max() == pytest.approx(0.586, abs=1e-3)
    truncated = truncated_distance(torch.from_numpy(true[None, None]))[0, 0].numpy()
    assert np.array_equal(truncated, np.trunc(code))
    assert [(phi[true] == 0).sum() for phi in (code, truncated)] == [68, 96]


def test_b7_alpha_of_the_published_code_stops_at_a_tenth_and_the_boundary_weight_grows():
    alpha, weight = 1.0, 0.01
    for epoch in range(200):
        assert alpha_with_floor(epoch) == pytest.approx((alpha, weight))
        last = alpha, weight
        alpha, weight = max(0.1, alpha - 0.01), weight + 0.01
    assert last == pytest.approx((0.10, 2.00))
    assert max(0.01, 1 - 0.01 * 199) == 0.01  # the paper's alpha by then


def test_b9_the_codes_rule_halves_the_learning_rate_at_once_and_then_at_multiples():
    best = 7  # the last epoch with progress; every epoch before it made some
    code = [epoch for epoch in range(100) if epoch % (min(epoch, best) + 20) == 0]
    text = [epoch for epoch in range(best + 1, 100) if (epoch - best) % 20 == 0]
    assert code == [0, 27, 54, 81]
    assert text == [27, 47, 67, 87]


def test_b10_the_hausdorff_distance_of_the_code_does_not_measure_distance():
    square = np.zeros((300, 300))
    square[100:120, 10:30] = 1
    for shift, axis, expected in ((255, 1, sqrt(20)), (100, 0, 0.0)):
        moved = np.roll(square, shift, axis)
        assert directed_hausdorff(1 - square, 1 - moved)[0] == pytest.approx(expected)
        pixels = [np.argwhere(mask) for mask in (square, moved)]
        assert max(directed_hausdorff(*pixels)[0], directed_hausdorff(*pixels[::-1])[0]) == shift


def test_b11_predicting_nothing_scores_the_share_of_empty_slices():
    slices = np.zeros((20, 16))
    slices[:13, :4] = 1
    scores = [(2 * 0 + 1e-8) / (mask.sum() + 0 + 1e-8) for mask in slices]
    assert np.mean(scores) == pytest.approx(7 / 20, abs=1e-6)


def test_b12_the_gains_of_the_abstract_are_points_for_dice_and_percent_for_the_distance():
    cells = load_published("boundary").set_index(["dataset", "metric", "arm"])["value"].sort_index()
    for dataset, points, fall in (("isles2018", 8.1, 11.1), ("wmh2017", 2.1, 5.6)):
        (dice_before, dice_after), (before, after) = (
            cells[dataset, metric][["generalized_dice", "generalized_dice_plus_boundary"]]
            for metric in ("dice", "hausdorff")
        )
        assert 100 * (dice_after - dice_before) == pytest.approx(points)
        assert 100 * (1 - after / before) == pytest.approx(fall, abs=0.1)
        if dataset == "isles2018":
            assert 100 * (dice_after / dice_before - 1) == pytest.approx(14.1, abs=0.1)


# ------------------------------------------------------------------------------------------------------------ survey


def test_s2_with_the_label_of_a_pixel_for_y_the_negative_term_is_always_zero():
    beta = 1 - MASK / MASK.size
    assert ((1 - beta) * (1 - MASK) == 0).all()
    assert (1 - (1 - MASK.sum() / MASK.size)) * (1 - MASK).sum() > 0  # with the sum over the image


def test_s3_focal_loss_is_cross_entropy_at_gamma_0_not_1():
    def focal(gamma: float) -> float:
        return (1 - 0.7) ** gamma * -log(0.7)

    assert focal(0) == -log(0.7)
    assert focal(1) == pytest.approx(0.107, abs=1e-3)


def test_s4_equation_8_without_sums_is_not_the_dice_loss_of_an_image():
    pixelwise = (1 - (2 * MASK * PROBS + 1) / (MASK + PROBS + 1)).mean()
    summed = 1 - (2 * (MASK * PROBS).sum() + 1) / (MASK.sum() + PROBS.sum() + 1)
    assert abs(pixelwise - summed) > 0.05


def test_s5_beta_weighs_false_positives_and_equation_10_smooths_twice_as_much_as_equation_8():
    tp, fp, fn, _ = counts(PROBS, MASK)

    def equation_10(beta: float, smooth: float = 1.0) -> float:
        return 1 - (smooth + tp) / (smooth + tp + beta * fp + (1 - beta) * fn)

    assert equation_10(0.3, smooth=0) == pytest.approx(1 - tversky(PROBS, MASK, fp_weight=0.3, fn_weight=0.7))
    sums = PROBS.sum() + MASK.sum()
    assert equation_10(0.5) == pytest.approx(1 - (2 * tp + 2) / (sums + 2))
    assert equation_10(0.5) != pytest.approx(1 - (2 * tp + 1) / (sums + 1))


def test_s6_equation_11_turns_the_exponent_upside_down():
    probs, mask = torch.tensor([[[0.8, 0.0]]]), torch.tensor([[[1.0, 0.0]]])
    error = 0.7 * 0.2 / (0.8 + 0.7 * 0.2)
    assert survey_focal_tversky(probs, mask).item() == pytest.approx(error ** (4 / 3), rel=1e-5)
    assert error ** (4 / 3) < error < error ** (1 / (4 / 3))


def test_s7_equation_12_is_highest_at_the_perfect_match():
    def equation_12(probs: Array, w: float = 0.5) -> float:
        tp, fp, fn, tn = counts(probs, MASK)
        return w * tp / (tp + fn) + (1 - w) * tn / (tn + fp)

    assert equation_12(MASK) == 1 > equation_12(PROBS) > equation_12(1 - MASK) == 0


def test_s8_equation_16_is_highest_at_the_perfect_match():
    def equation_16(probs: Array, distance: float = 1.0) -> float:
        cross_entropy = 2 * modified_cross_entropy(probs, MASK)
        return -cross_entropy - distance * cross_entropy

    assert equation_16(BAD) < equation_16(GOOD) < 0


def test_s9_equation_17_falls_as_foreground_pixels_are_missed():
    missed = np.where(MASK > 0, 1e-6, 0.01)
    literal = [survey_combo(*tensors(p, MASK), cross_entropy_weight=1.0).item() for p in (missed, GOOD)]
    right = [modified_cross_entropy(p, MASK) for p in (missed, GOOD)]
    assert literal[0] < literal[1]
    assert right[0] > right[1]


def test_s10_equation_18_subtracts_a_loss_and_prefers_the_inverted_mask():
    literal = [survey_combo(*tensors(p, MASK), cross_entropy_weight=0.0).item() for p in (BAD, GOOD)]
    assert literal[0] < literal[1] < 0


def test_s11_equation_20_with_the_power_inside_is_another_number():
    assert (-log(0.9)) ** 0.3 == pytest.approx(0.509, abs=1e-3)
    assert -log(0.9**0.3) == pytest.approx(0.0316, abs=1e-4)
    assert isinstance(log(0.9) ** 0.3, complex)


def test_s12_a_plain_distance_map_weighs_the_boundary_least():
    true = disc(10)
    distance = to_border(true)
    assert distance[true & ~binary_erosion(true)].max() == 0 < distance.max()
    inverse = 1 - distance / distance.max()
    assert inverse[true & ~binary_erosion(true)].min() == inverse.max() == 1


def test_s13_equation_23_is_zero_for_any_part_of_the_truth_and_small_is_good():
    true = np.argwhere(disc(10))
    part = np.argwhere(disc(3))
    assert directed_hausdorff(part, true)[0] == 0 < directed_hausdorff(true, part)[0]
    moved = [max(directed_hausdorff(true + k, true)[0], directed_hausdorff(true, true + k)[0]) for k in (0, 1, 5)]
    assert moved == sorted(moved)
    assert moved[0] == 0


def test_s14_a_wrong_flat_region_has_no_weight_and_a_perfect_match_divides_by_zero():
    def error(truth: Array, probs: Array) -> Array:
        first, second = ((x - x.mean() + 0.01) / (x.std() + 0.01) for x in (truth, probs))
        return np.abs(first - second)

    assert error(np.ones(9), np.zeros(9)).max() == 0  # wrong in every pixel
    perfect = error(MASK, MASK)
    assert (perfect > 0.1 * perfect.max()).sum() == 0  # M of equation 27


def test_s15_the_derivatives_are_right_and_the_claims_for_log_cosh_dice_are_not(rng):
    x = np.linspace(0, 1, 1001)
    log_cosh = np.log(np.cosh(x))
    assert np.gradient(log_cosh, x)[1:-1] == pytest.approx(np.tanh(x)[1:-1], abs=1e-6)
    assert log_cosh[[0, -1]] == pytest.approx([0, 0.43378], abs=1e-5)
    assert np.tanh(0.01) == pytest.approx(0.01, abs=1e-6)  # the slope vanishes where the loss does

    def loss(probs: Array) -> float:
        return float(np.log(np.cosh(1 - dice(probs, MASK))))

    pairs = rng.random((2000, 2, 4))
    assert any(loss((a + b) / 2) > (loss(a) + loss(b)) / 2 + 1e-6 for a, b in pairs)  # still not convex


def test_s16_the_text_names_another_best_dice_than_table_iii():
    ranked = sorted(SURVEY, key=lambda name: SURVEY[name][0])
    assert ranked[-2:] == ["focal tversky", "log cosh dice"]
    assert SURVEY["log cosh dice"] == (0.989, 0.975)  # the text's .975 stands in the column of sensitivity


def test_s17_the_slices_of_the_data_set_are_not_forty_thousand():
    assert 125 * 120 == 15_000 != 40_000


def test_s20_the_papers_beta_of_three_tenths_is_the_codes_alpha_of_seven_tenths():
    tp, fp, fn, _ = counts(PROBS, MASK)
    paper = tp / (tp + 0.3 * fp + (1 - 0.3) * fn)
    code = tp / (tp + 0.7 * fn + (1 - 0.7) * fp)
    assert paper == pytest.approx(code)


def test_s21_no_prediction_with_the_printed_sensitivity_has_the_printed_dice(rng):
    dice_printed, sensitivity = SURVEY["log cosh dice"]
    highest = sensitivity + 0.0005
    bound = 2 * highest / (1 + highest)  # without one false positive
    assert bound < 0.9877 < dice_printed - 0.0005
    per_case = rng.beta(20, 0.5, 1000)
    assert (2 * per_case / (1 + per_case)).mean() <= 2 * per_case.mean() / (1 + per_case.mean())  # means obey it too
    assert all(index - 0.0005 < 2 * (s + 0.0005) / (1.0005 + s) for index, s in list(SURVEY.values())[:-1])
    assert sensitivity < 2 * dice_printed / (1 + dice_printed)  # the two cells exchanged are possible


def test_s22_tversky_lies_below_cross_entropy_and_dice_and_focal_loss_is_last():
    scores = {name: index for name, (index, _) in SURVEY.items()}
    assert scores["tversky"] < scores["binary cross entropy"] < scores["dice"]
    assert min(scores, key=scores.__getitem__) == "focal"
