"""Places in a volume in millimetres, and shapes in it given by levels: how deep below their surface a voxel lies."""

from dataclasses import dataclass, replace

import numpy as np

from segloss.data.phantoms.noise import smooth_noise

Millimetres = tuple[float, float, float]


@dataclass(frozen=True)
class Space:
    """Where the voxels of a volume lie.

    Args:
        up: Millimetres above the origin, shape ``(Z, Y, X)``.
        back: Behind the origin.
        left: To the patient's left of it.
        spacing_mm: Size of a voxel along Z, Y and X.
    """

    up: np.ndarray
    back: np.ndarray
    left: np.ndarray
    spacing_mm: Millimetres

    @classmethod
    def around(cls, shape: tuple[int, int, int], spacing_mm: Millimetres, middle: Millimetres = (0, 0, 0)) -> "Space":
        """A volume with this point (up, back, left) in its middle."""
        axes = [
            point + mm * (np.arange(side) - (side - 1) / 2)
            for side, mm, point in zip(shape, spacing_mm, middle, strict=True)
        ]
        up, back, left = np.meshgrid(*axes, indexing="ij")
        return cls(up, back, left, spacing_mm)

    @property
    def voxel_mm(self) -> float:
        """Mean side of a voxel."""
        return float(np.mean(self.spacing_mm))

    def noise(self, rng: np.random.Generator, width_mm: float) -> np.ndarray:
        """Smooth noise of zero mean and unit variance with blobs of this width."""
        shape = self.up.shape
        return smooth_noise(
            rng, shape, tuple(width_mm / (side * mm) for side, mm in zip(shape, self.spacing_mm, strict=True))
        )

    def distance(self, point: Millimetres) -> np.ndarray:
        """Millimetres from a point."""
        return np.sqrt((self.up - point[0]) ** 2 + (self.back - point[1]) ** 2 + (self.left - point[2]) ** 2)

    def scaled(self, size: float) -> "Space":
        """The same voxels with everything in them this much larger."""
        return replace(self, up=self.up / size, back=self.back / size, left=self.left / size)

    def turned(self, rng: np.random.Generator, degrees: float, stretch: float) -> "Space":
        """The same voxels with everything in them turned and stretched at random, up to these amounts."""
        nod, tilt, turn = np.radians(rng.uniform(-degrees, degrees, 3))
        up, back, left = (part / (1 + rng.uniform(-stretch, stretch)) for part in (self.up, self.back, self.left))
        up, back = up * np.cos(nod) - back * np.sin(nod), up * np.sin(nod) + back * np.cos(nod)
        up, left = up * np.cos(tilt) - left * np.sin(tilt), up * np.sin(tilt) + left * np.cos(tilt)
        back, left = back * np.cos(turn) - left * np.sin(turn), back * np.sin(turn) + left * np.cos(turn)
        return replace(self, up=up, back=back, left=left)

    def bent(self, rng: np.random.Generator, amount_mm: float, width_mm: float) -> "Space":
        """The same voxels with places shifted at random, so that shapes drawn in them are not regular."""
        shifts = [amount_mm * self.noise(rng, width_mm) for _ in range(3)]
        return replace(self, up=self.up + shifts[0], back=self.back + shifts[1], left=self.left + shifts[2])

    def pushed(self, point: Millimetres, amount_mm: float, reach_mm: float) -> "Space":
        """The same voxels with what lies around a point pushed away from it."""
        distance = self.distance(point) + 1e-6
        pull = amount_mm * np.exp(-((distance / reach_mm) ** 2)) * np.tanh(distance / (2 * amount_mm)) / distance
        up, back, left = (
            part - pull * (part - origin) for part, origin in zip((self.up, self.back, self.left), point, strict=True)
        )
        return replace(self, up=up, back=back, left=left)


def ellipsoid(where: Space, centre: Millimetres, radii: Millimetres) -> np.ndarray:
    """Level of an ellipsoid, in millimetres close to its surface."""
    offsets = [part - middle for part, middle in zip((where.up, where.back, where.left), centre, strict=True)]
    radius = np.sqrt(sum((offset / side) ** 2 for offset, side in zip(offsets, radii, strict=True))) + 1e-6
    slope = np.sqrt(sum((offset / side**2) ** 2 for offset, side in zip(offsets, radii, strict=True))) / radius
    return (1 - radius) / (slope + 1e-6)


def tube(where: Space, points: list[Millimetres], radii: list[float]) -> np.ndarray:
    """Level of a bent tube through points, whose radius changes evenly from one to the next."""
    level = np.full(where.up.shape, -np.inf)
    for start, end, first, last in zip(points, points[1:], radii, radii[1:], strict=False):
        steps = [there - here for here, there in zip(start, end, strict=True)]
        offsets = [part - here for part, here in zip((where.up, where.back, where.left), start, strict=True)]
        length = sum(step**2 for step in steps)
        share = np.clip(sum(o * s for o, s in zip(offsets, steps, strict=True)) / length, 0, 1)
        away = np.sqrt(sum((o - share * s) ** 2 for o, s in zip(offsets, steps, strict=True)))
        level = np.maximum(level, first + share * (last - first) - away)
    return level


class Layers:
    """Share of each tissue in every voxel; what is painted later lies on top.

    A voxel on a surface holds some of both sides (partial volume), so borders are soft as in a scan.
    """

    def __init__(self, where: Space, below: str) -> None:
        self._softness = where.voxel_mm
        self.shares = {below: np.ones(where.up.shape)}

    def paint(self, tissue: str, level: np.ndarray, opacity: float | np.ndarray = 1.0) -> None:
        """Put a shape of this tissue on top."""
        cover = opacity * np.clip(level / self._softness + 0.5, 0, 1)
        for share in self.shares.values():
            share *= 1 - cover
        self.shares[tissue] = self.shares.get(tissue, np.zeros(level.shape)) + cover
