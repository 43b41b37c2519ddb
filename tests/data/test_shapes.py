import numpy as np
import pytest
from scipy import ndimage

from segloss.data.phantoms.noise import ridges, smooth_noise
from segloss.data.phantoms.shapes import ellipsoid, part_of_share, top_share, tube, unit_grid


def test_noise_in_a_volume_has_zero_mean_and_unit_variance() -> None:
    field = smooth_noise(np.random.default_rng(0), (8, 20, 30), (0.2, 0.1, 0.1))
    assert field.shape == (8, 20, 30)
    assert (field.mean(), field.std()) == pytest.approx((0, 1), abs=1e-9)
    assert np.abs(ridges(np.random.default_rng(0), (8, 20, 30), 0.1)).max() <= 1


def test_the_scale_of_noise_is_a_share_of_the_longest_side() -> None:
    def drawn(shape: int | tuple[int, ...], scale: float | tuple[float, ...]) -> np.ndarray:
        return smooth_noise(np.random.default_rng(0), shape, scale)

    np.testing.assert_array_equal(drawn((10, 40), 0.1), drawn((10, 40), (0.4, 0.1)))
    np.testing.assert_array_equal(drawn(32, 0.1), drawn((32, 32), 0.1))


def test_an_ellipsoid_is_1_on_its_surface() -> None:
    points = tuple(np.array([value]) for value in (2.0, 1.0 + 3.0, 0.0))
    assert ellipsoid(points, (2, 1, 0), (5, 3, 7))[0] == pytest.approx(1)
    quarter = np.pi / 2
    assert ellipsoid(points, (2, 1, 0), (5, 7, 3), quarter)[0] == pytest.approx(1)


def test_a_tube_narrows_from_one_point_to_the_next() -> None:
    points = (np.array([0.0, 0.0]), np.array([0.0, 5.0]), np.array([2.0, 1.5]))
    np.testing.assert_allclose(tube(points, [(0, 0, 0), (0, 10, 0)], [2, 1]), [1, 1])


def test_the_top_share_is_exact_and_leaves_out_what_is_forbidden() -> None:
    level = np.arange(100.0).reshape(10, 10)
    level[9] = -np.inf
    assert np.flatnonzero(top_share(level, 0.03)).tolist() == [87, 88, 89]
    with pytest.raises(ValueError, match=r"must lie between 0 and 0\.9, got 0\.95"):
        top_share(level, 0.95)


def test_a_part_of_a_share_is_connected_in_three_dimensions() -> None:
    points = unit_grid((20, 20, 20))
    two_balls = np.maximum(
        1 - ellipsoid(points, (0, 0, -0.5), (0.4,) * 3), 0.9 - ellipsoid(points, (0, 0, 0.5), (0.4,) * 3)
    )
    mask, _ = part_of_share(two_balls, 0.02)
    assert ndimage.label(mask)[1] == 1
    assert mask.mean() == pytest.approx(0.02, rel=0.1)
