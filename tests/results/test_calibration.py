"""Calibration: errors that are known, and bins counted by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from segloss.statistics.calibration import calibration_error, merged_bins, reliability_bins


def test_a_network_that_is_always_right_when_sure_has_no_error():
    truth = np.array([True, False, True, False])
    assert calibration_error(reliability_bins(truth.astype(float), truth)) == 0


def test_a_network_that_is_sure_and_wrong_has_an_error_of_1():
    truth = np.array([True, False])
    assert calibration_error(reliability_bins((~truth).astype(float), truth)) == 1


def test_the_error_of_a_constant_probability_is_its_distance_from_the_prevalence():
    truth = np.arange(100) < 30
    assert calibration_error(reliability_bins(np.full(100, 0.8), truth)) == pytest.approx(0.5)


def test_a_calibrated_network_has_nearly_no_error():
    rng = np.random.default_rng(0)
    probs = rng.uniform(size=200_000)
    assert calibration_error(reliability_bins(probs, rng.uniform(size=200_000) < probs)) < 0.01


def test_bins_by_hand():
    probs, truth = np.array([0.0, 0.1, 0.5, 1.0]), np.array([False, True, True, True])
    table = reliability_bins(probs, truth, bins=2)
    assert table.to_numpy().tolist() == [[0, 2, 0.05, 0.5], [1, 2, 0.75, 1.0]]
    assert calibration_error(table) == pytest.approx((0.45 + 0.25) / 2)
    assert calibration_error(table, first_bin=1) == pytest.approx(0.25)


def test_merging_the_bins_of_two_parts_gives_those_of_the_whole():
    rng = np.random.default_rng(1)
    probs, truth = rng.uniform(size=500), rng.uniform(size=500) < 0.4
    parts = pd.concat([reliability_bins(probs[:100], truth[:100]), reliability_bins(probs[100:], truth[100:])])
    pd.testing.assert_frame_equal(merged_bins(parts), reliability_bins(probs, truth), check_dtype=False)


def test_without_voxels_there_is_no_error():
    assert math.isnan(calibration_error(reliability_bins(np.zeros(3), np.zeros(3, dtype=bool)), first_bin=1))


def test_a_probability_outside_the_unit_interval_is_refused():
    with pytest.raises(ValueError, match="expected"):
        reliability_bins(np.array([1.2]), np.array([True]))
