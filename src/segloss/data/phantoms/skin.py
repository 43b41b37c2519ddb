"""Everything on a dermoscopy image that is not the lesion: skin, and what distracts from the lesion."""

import numpy as np
from scipy import special

from segloss.data.phantoms.noise import ridges, smooth_noise, splat

BLOOD = np.array([0.15, 0.9, 0.9])  # what blood absorbs of red, green and blue
MELANIN = np.array([0.4, 0.75, 1.0])
PEN = np.array([0.35, 0.25, 0.6])
STICKER = np.array([0.25, 0.68, 0.65])


def skin(rng: np.random.Generator, size: int) -> np.ndarray:
    """Skin of random tone with mottling and furrows, shape ``(size, size, 3)`` in [0, 1]."""
    red = rng.uniform(0.66, 0.95)
    green = red - rng.uniform(0.03, 0.2)
    tone = np.array([red, green, green - rng.uniform(-0.02, 0.1)])
    mottling = rng.uniform(0.01, 0.04) * smooth_noise(rng, size, 0.15)
    furrows = rng.uniform(0, 0.03) * ridges(rng, size, 0.02)
    freckles = rng.uniform(0, 0.08) * special.expit(4 * (smooth_noise(rng, size, 0.03) - 1.5))
    return tone - mottling[..., None] * BLOOD + furrows[..., None] - freckles[..., None] * MELANIN


def spots(rng: np.random.Generator, size: int, share: float) -> np.ndarray:
    """Opacity of smaller pigmented spots that belong to no lesion of interest."""
    y, x = np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j]
    opacity = np.zeros((size, size))
    for _ in range(rng.poisson(1.0)):
        radius = np.sqrt(share / np.pi) * rng.uniform(0.15, 0.45)
        row, column = rng.uniform(0.05, 0.95, 2)
        wobble = 0.2 * smooth_noise(rng, size, 0.05)
        distance = np.hypot(y - row, x - column) / radius + wobble
        opacity = np.maximum(opacity, special.expit((1 - distance) / 0.12))
    return opacity


def hair(rng: np.random.Generator, size: int) -> np.ndarray:
    """Opacity of dark curved hairs, few or many."""
    count = rng.choice([0, 0, 0, 3, 8, 16])
    if count == 0:
        return np.zeros((size, size))
    way = np.linspace(0, 1, 6 * size)[:, None]
    direction = rng.uniform(0, np.pi)
    strands = []
    for _ in range(count):
        start, turn = rng.uniform(0, 1, 2), direction + rng.normal(0, 0.5)
        step = rng.uniform(0.3, 0.9) * np.array([np.sin(turn), np.cos(turn)])
        bend = rng.normal(0, 0.4, 2)
        strands.append(start + (way - 0.5) * step + (way**2 - way) * bend)
    return rng.uniform(0.5, 0.9) * splat(np.concatenate(strands), size, rng.uniform(0.002, 0.004))


def ruler(rng: np.random.Generator, size: int) -> np.ndarray:
    """Opacity of a scale bar with ticks near a border, on one image in four."""
    if rng.random() > 0.25:
        return np.zeros((size, size))
    along = np.linspace(0, rng.uniform(0.3, 0.6), 4 * size)
    ticks = np.linspace(0, along[-1], 11)
    across = np.linspace(0, 0.035, 24)
    line = np.column_stack([np.zeros_like(along), along])
    marks = np.column_stack([np.tile(across, len(ticks)), np.repeat(ticks, len(across))])
    turn = rng.normal(0, 0.2)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corner = np.array([rng.uniform(0.82, 0.95), rng.uniform(0.05, 0.35)])
    points = np.concatenate([line, marks]) @ rotation + corner
    return splat(points if rng.random() < 0.5 else points[:, ::-1], size, 0.004)


def pen_marks(rng: np.random.Generator, size: int) -> np.ndarray:
    """Opacity of a surgeon's pen, on one image in ten."""
    if rng.random() > 0.1:
        return np.zeros((size, size))
    return 0.8 * special.expit(6 * (smooth_noise(rng, size, 0.03) - 2.2))


def sticker(rng: np.random.Generator, size: int) -> np.ndarray:
    """Opacity of a round colour sticker that reaches in from the border, on one image in twelve."""
    if rng.random() > 0.08:
        return np.zeros((size, size))
    y, x = np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j]
    row, column = rng.choice([-0.05, 1.05]), rng.uniform(0, 1)
    return special.expit((rng.uniform(0.15, 0.25) - np.hypot(y - row, x - column)) * 2 * size)


def light(rng: np.random.Generator, size: int) -> np.ndarray:
    """Brightness of the dermoscope's field: uneven, darker outwards, sometimes with black corners."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    tilt = rng.normal(0, 0.05, 2)
    centre = rng.normal(0, 0.08, 2)
    radius = np.hypot(y - centre[0], x - centre[1])
    field = (1 + tilt[0] * y + tilt[1] * x) * (1 - rng.uniform(0, 0.25) * radius**2)
    if rng.random() < 0.15:
        field = field * special.expit((rng.uniform(1.0, 1.3) - radius) * rng.uniform(15, 40))
    return field
