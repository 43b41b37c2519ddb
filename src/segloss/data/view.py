"""How a paper's networks see a data set: as slices or volumes, on which grid, in which range of grey values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np

from segloss.data.case import IGNORED, Sample
from segloss.data.declared_sizes import MOST_PREPARED_VOXELS
from segloss.data.intensities import unit_range, z_score
from segloss.data.resizing import resize_image, resize_labels
from segloss.errors import InputError

INTENSITIES = ("bytes", "unit_range", "z_score")


@dataclass(frozen=True)
class View:
    """What the prepare stage makes of every case.

    Args:
        kind: ``slices``: a picture, or each axial slice of a volume, as a square; ``volumes``: a volume as it is.
        image_size: Side of the squares.
        spacing_mm: Voxel size (Z, Y, X) to which volumes are resampled; None leaves theirs.
        intensity: ``bytes`` keeps those of a picture, to be divided by 255; ``unit_range`` and ``z_score`` scale
            each channel of each case.
        clip: Grey values outside are set to these two first.
        distance_maps: Also write the signed distance map of every class but the background, in pixels.
    """

    kind: Literal["slices", "volumes"]
    intensity: str
    image_size: int | None = None
    spacing_mm: tuple[float, ...] | None = None
    clip: tuple[float, float] | None = None
    distance_maps: bool = False

    @classmethod
    def of(cls, settings: dict[str, Any], scale: dict[str, Any]) -> Self:
        """Read the view of a data set from its settings and those of the scale.

        Raises:
            InputError: If params.yaml asks for something that is not known.
        """
        try:
            view = cls(**settings)
        except TypeError as error:
            raise InputError(f"params.yaml, view of a data set: {error}.") from error
        if view.kind not in ("slices", "volumes") or view.intensity not in INTENSITIES:
            raise InputError(
                f"params.yaml, view of a data set: kind {view.kind!r} with intensity {view.intensity!r}, "
                f"expected slices or volumes with one of {', '.join(INTENSITIES)}."
            )
        if view.kind == "volumes":
            return view if view.spacing_mm is None else replace(view, spacing_mm=_at_least(view.spacing_mm, scale))
        if not view.image_size:
            raise InputError("params.yaml, view of a data set: slices need an image_size.")
        size = min(view.image_size, scale.get("max_image_size") or view.image_size)
        return cls(**{**settings, "image_size": size})

    @property
    def dtype(self) -> np.dtype:
        """Of prepared images. Half precision resolves more grey values than a scanner's noise leaves."""
        return np.dtype(np.uint8 if self.intensity == "bytes" else np.float16)

    def prepare(self, sample: Sample, classes: int) -> dict[str, np.ndarray]:
        """Bring a case of so many classes, the background not counted, to this view.

        Returns:
            ``images`` and ``labels``: slices (Z, C, S, S) and (Z, S, S), of which a picture has one, or volumes
            (C, Z, Y, X) and (Z, Y, X); ``distances``, (Z, K, S, S), where this view has them; and ``truth``, the labels
            (Z, Y, X) on the original grid, where volumes were resampled.

        Raises:
            InputError: If the grid of this view would have more voxels than memory holds.
        """
        labels = _as_volume(sample.labels)
        ignored = np.zeros_like(labels) if sample.ignored is None else _as_volume(sample.ignored).astype(np.uint8)
        shape = self._shape(labels.shape, sample.spacing_mm)
        if math.prod(shape) > max(MOST_PREPARED_VOXELS, labels.size):
            sizes = "x".join(map(str, shape))
            raise InputError(f"{sizes} voxels where the networks see it, expected at most {MOST_PREPARED_VOXELS:,}.")
        image = resize_image(self._scaled(sample.image).reshape(-1, *labels.shape), shape)
        truth = np.where((ignored > 0) & (labels == 0), np.uint8(IGNORED), labels)
        labels, ignored = resize_labels(labels, shape, classes), resize_labels(ignored, shape, 1)
        image = image.swapaxes(0, 1) if self.kind == "slices" else image
        arrays = {"images": image.astype(self.dtype), "labels": labels}
        if self.distance_maps:
            arrays["distances"] = _distances(labels, classes)
        labels[(ignored > 0) & (labels == 0)] = IGNORED
        if self.kind == "volumes" and self.spacing_mm is not None:
            arrays["truth"] = truth
        return arrays

    def _scaled(self, image: np.ndarray) -> np.ndarray:
        if self.intensity == "bytes":
            return image
        return (unit_range if self.intensity == "unit_range" else z_score)(image, self.clip)

    def _shape(self, shape: tuple[int, ...], spacing_mm: tuple[float, ...] | None) -> tuple[int, ...]:
        if self.kind == "slices":
            return shape[0], self.image_size or 0, self.image_size or 0
        if self.spacing_mm is None or spacing_mm is None:
            return shape
        sizes = zip(shape, spacing_mm, self.spacing_mm, strict=True)
        return tuple(max(1, round(size * old / new)) for size, old, new in sizes)


def _at_least(spacing_mm: Sequence[float], scale: dict[str, Any]) -> tuple[float, ...]:
    least = scale.get("min_spacing_mm") or 0.0
    return tuple(max(mm, least) for mm in spacing_mm)


def _as_volume(array: np.ndarray) -> np.ndarray:
    """A picture as a volume of one slice."""
    return array.reshape(-1, *array.shape[-2:])


def _distances(labels: np.ndarray, classes: int) -> np.ndarray:
    # Importing PyTorch takes longer than to prepare a small data set, and most have no distance maps.
    import torch

    from segloss.losses import signed_distance

    return signed_distance(torch.from_numpy(labels), classes + 1, include_background=False).numpy()
