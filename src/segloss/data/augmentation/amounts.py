"""How much an augmentation may change, as params.yaml says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from segloss.errors import InputError

KINDS = ("rotation", "shift", "shear", "zoom", "elastic", "blur", "brightness", "contrast", "gamma", "noise")
# Below this share of their spacing, moved control points of a cubic B-spline never fold the picture over itself
# (Choi and Lee 2000: 0.48 in two dimensions, 0.40 in three).
FOLD_FREE = 0.4


@dataclass(frozen=True)
class Amounts:
    """The largest random change of each kind; 0 leaves a kind out.

    Args:
        rotation_deg: Rotation, either way.
        shift_share: Shift along each axis, as a share of the image.
        shear_deg: Shear angle in plane, either way.
        zoom_share: Zoom in or out.
        flip: Mirror along each axis in half of the cases.
        elastic_share: Displacement of a control point along each axis, as a share of the image.
        elastic_spacing_share: Distance of the control points, as a share of the image.
        axes: What moves in a volume: ``in_plane`` treats all slices of a volume alike and mixes none of them, which is
            right for thick slices; ``all`` rotates about every axis, and shifts, zooms, mirrors and bends along it.
        blur_px: Standard deviation of a Gaussian, in plane.
        brightness_sd: Shift of the grey values, in standard deviations of the channel.
        contrast_share: Stretch about the mean: 0.2 multiplies by up to 1.2, or divides by it.
        gamma_share: Exponent of the grey values between the channel's lowest (0) and highest (1), likewise.
        noise_sd: Gaussian noise, in standard deviations of the channel.
        probability: With which a kind happens to a case, or, of grey values, to a channel; 1 where it is not named.
    """

    rotation_deg: float = 0.0
    shift_share: float = 0.0
    shear_deg: float = 0.0
    zoom_share: float = 0.0
    flip: bool = False
    elastic_share: float = 0.0
    elastic_spacing_share: float = 0.25
    axes: str = "in_plane"
    blur_px: float = 0.0
    brightness_sd: float = 0.0
    contrast_share: float = 0.0
    gamma_share: float = 0.0
    noise_sd: float = 0.0
    probability: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Read and check the settings.

        Raises:
            InputError: If one is unknown or out of its range.

        Example:
            >>> Amounts.of({"rotation_deg": 15}).moves
            True
            >>> Amounts.of({"rotation": 15})
            Traceback (most recent call last):
            segloss.errors.InputError: augmentation: unknown setting 'rotation', expected one of rotation_deg, ...
        """
        known = {entry.name: entry.type for entry in fields(cls)}
        for name, value in settings.items():
            if name not in known:
                raise InputError(f"augmentation: unknown setting {name!r}, expected one of {', '.join(known)}.")
            if known[name] is float and not (isinstance(value, int | float) and value >= 0):
                raise InputError(f"augmentation: {name} is {value!r}, expected a number from 0 upwards.")
            if known[name] is bool and not isinstance(value, bool):
                raise InputError(f"augmentation: {name} is {value!r}, expected true or false.")
        amounts = cls(**settings)
        amounts._check()
        return amounts

    @property
    def moves(self) -> bool:
        """Whether anything changes place."""
        return self.flip or any((self.rotation_deg, self.shift_share, self.shear_deg, self.zoom_share, self.bends))

    @property
    def bends(self) -> bool:
        """Whether anything is deformed elastically."""
        return self.elastic_share > 0

    def chance(self, kind: str) -> float:
        """The probability of a kind."""
        return self.probability.get(kind, 1.0)

    def _check(self) -> None:
        if self.axes not in ("in_plane", "all"):
            raise InputError(f"augmentation: axes is {self.axes!r}, expected in_plane or all.")
        if self.zoom_share >= 1 or self.shear_deg >= 90:
            raise InputError("augmentation: a zoom_share of 1 or a shear_deg of 90 leaves no image, expected less.")
        if self.elastic_share > FOLD_FREE * self.elastic_spacing_share:
            raise InputError(
                f"augmentation: elastic_share is {self.elastic_share}, expected at most {FOLD_FREE} of "
                f"elastic_spacing_share ({self.elastic_spacing_share}), beyond which the image folds over itself."
            )
        for kind, chance in self.probability.items():
            if kind not in KINDS:
                raise InputError(f"augmentation: probability of {kind!r}, expected one of {', '.join(KINDS)}.")
            if not 0 <= chance <= 1:
                raise InputError(f"augmentation: probability of {kind} is {chance!r}, expected 0 to 1.")
