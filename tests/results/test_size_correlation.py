"""Whether the gain of a loss goes with the size of the structure: over patients and structures, drawing patients."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from segloss.statistics import Results, size_correlation
from segloss.verdicts import decide_claims

NEW, PLAIN = "cross_entropy_plus_topk_dice", "cross_entropy_plus_dice"
STRUCTURES = ["right ventricle", "myocardium", "left ventricle"]


def made_up(gains: np.ndarray, volumes: np.ndarray, phases: int = 1) -> Results:
    """Results of real hearts from tables (patients, structures); NaN where a structure is in no scan of a patient."""
    rows = []
    for (patient, structure), gain in np.ndenumerate(gains):
        for phase in range(phases):
            shift = (phase - (phases - 1) / 2) / 100  # the phases of a heart differ, and their means do not
            place = ("acdc", 0, f"p{patient:02}_{phase}", STRUCTURES[structure])
            values = {PLAIN: 0.8 + 0 * gain, NEW: 0.8 + gain + shift}
            rows += [(*place, arm, "dice", value) for arm, value in values.items()]
            rows.append((*place, "truth", "volume_ml", volumes[patient, structure] * (1 + shift)))
    metrics = pd.DataFrame(rows, columns=["dataset", "fold", "case", "class", "arm", "metric", "value"])
    subjects = {case: case.partition("_")[0] for case in metrics["case"].unique()}
    arms = {arm: {"outcome": "done"} for arm in (NEW, PLAIN)}
    provenance = {"acdc": {"title": "ACDC", "kind": "subset", "arms": arms, "subjects": subjects, "image_size": 64}}
    history = pd.DataFrame(columns=["dataset", "arm", "fold", "epoch", "validation_dice", "validation_loss"])
    return Results(metrics, history, provenance)


def drawn(patients: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(0.02, 0.01, (patients, 3)), rng.uniform(20, 200, (patients, 3))


def found(gains: np.ndarray, volumes: np.ndarray, phases: int = 1) -> tuple[float, float, float, int]:
    measured = size_correlation(made_up(gains, volumes, phases), "acdc", NEW, PLAIN, resamples=500)
    assert measured is not None
    return measured


def test_it_is_spearmans_correlation_over_all_structures_of_all_patients():
    gains, volumes = drawn(12)
    value, low, high, patients = found(gains, volumes, phases=2)
    assert value == pytest.approx(spearmanr(gains.ravel(), volumes.ravel()).statistic)
    assert low < value < high
    assert patients == 12


def test_a_structure_that_a_patient_lacks_is_left_out():
    gains, volumes = drawn(8)
    gains[2, 1] = np.nan
    volumes[[2, 5], [1, 0]] = 0
    kept = volumes > 0
    assert found(gains, volumes)[0] == pytest.approx(spearmanr(gains[kept], volumes[kept]).statistic)


def test_where_small_structures_gain_more_it_is_negative():
    _, volumes = drawn(8)
    assert found(1 / volumes, volumes)[:3] == pytest.approx((-1, -1, -1))


def test_patients_are_drawn_and_not_single_structures():
    volumes = np.tile([[30.0, 90.0, 60.0]], (9, 1))
    value, low, high, _ = found(np.tile([[0.01, 0.02, 0.03]], (9, 1)), volumes)
    assert (low, high) == pytest.approx((value, value))  # all patients alike: other patients change nothing
    assert value == pytest.approx(0.5)


def test_a_gain_that_is_the_same_everywhere_has_no_relation_to_size():
    _, volumes = drawn(8)
    assert found(np.full(volumes.shape, 0.25), volumes)[0] == pytest.approx(0)


def test_without_volumes_or_an_arm_nothing_is_measured():
    results = made_up(*drawn(4))
    bare = Results(results.metrics.query("metric == 'dice'"), results.history, results.provenance)
    assert size_correlation(bare, "acdc", NEW, PLAIN) is None
    assert size_correlation(results, "acdc", NEW, "dice") is None


@pytest.mark.parametrize(("patients", "verdict"), [(12, "contradicted"), (5, "inconclusive")])
def test_a_relation_stands_beside_the_claim_of_a_general_gain_and_does_not_decide_it(patients, verdict):
    _, volumes = drawn(patients)
    verdicts = decide_claims("topk_dice", made_up(0.02 + 0.3 / volumes, volumes), resamples=300)
    row = verdicts.comparisons.query("id == 'topk.6' and metric == 'size_correlation'").iloc[0]
    assert (row["verdict"], row["n"], row["decides"]) == (verdict, patients, False)
    claim = verdicts.claims.set_index("id").loc["topk.6"]
    assert claim["verdict"].startswith("supported" if patients == 12 else "inconclusive")
    assert "rank correlation of the gain in Dice with the volume: −1.000" in claim["ours"]
