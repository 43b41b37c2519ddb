"""The predict command: masks and overlays of a user's own images."""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from segloss.data.case import Sample
from segloss.figures.overlay import overlay
from segloss.metrics import volume_ml
from segloss.prediction.own_images import OwnImage, own_images
from segloss.prediction.trained_arm import TrainedArm

RESEARCH = "research software, no medical device"
DPI = 200


def predict(run: Path, images: Sequence[str], out: Path) -> None:
    """Segment images with a trained arm; write ``<image>-mask`` and ``<image>-overlay.png``, print a sentence on each.

    Args:
        run: ``build/runs/<data set>/<arm>``, whose folds are averaged, or one of its folds.
        images: Files; those of the channels of one case are joined by commas.
        out: Folder for the results, made if missing.

    Raises:
        InputError: If the run or an image cannot be read or does not fit; of that image nothing is written.
    """
    arm = TrainedArm.open(run)
    for image in own_images(images, arm):
        print(_predict(arm, image, out))


def origin(arm: TrainedArm) -> str:
    """What made a mask, and what it is worth.

    Phantoms are drawn by a program: a network that saw nothing else knows nothing of patients.
    """
    folds = len(arm.networks)
    how = f"{arm.name}, mean of {folds} folds" if folds > 1 else f"{arm.name}, one fold"
    trained = "trained on phantoms: no use on patients" if arm.kind == "phantom" else f"trained on {arm.title}"
    return f"{how}, {trained}; {RESEARCH}"


def _predict(arm: TrainedArm, image: OwnImage, out: Path) -> str:
    array, spacing = image.read(arm)
    labels = arm.segment(array, spacing)
    found = _found(labels, arm.classes, spacing)
    figure = overlay(Sample(array, labels, spacing), image.name, arm.channels, arm.classes, f"{found}. {origin(arm)}.")
    mask, picture = (f"{image.name}-{end}" for end in ("mask.png" if arm.pictures else "mask.nii.gz", "overlay.png"))
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix=".unfinished-") as aside:
        image.write_mask(Path(aside, mask), labels, origin(arm))
        figure.savefig(Path(aside, picture), dpi=DPI, metadata={"Software": None})
        for name in (mask, picture):
            os.replace(Path(aside, name), out / name)
    return f"{image.files[0]}: {found} ({origin(arm)}); see {out / mask} and {out / picture}."


def _found(labels: np.ndarray, classes: Sequence[str], spacing: tuple[float, ...] | None) -> str:
    """The structures and how much of the image each covers."""
    words = []
    for label, name in enumerate(classes, start=1):
        mask = labels == label
        if mask.any():
            ml = f" ({volume_ml(mask, spacing):.3g} ml)" if spacing is not None and mask.ndim == 3 else ""
            words.append(f"{name} {100 * mask.mean():.3g} %{ml}")
    return f"{', '.join(words)} of the image" if words else f"nothing found of {', '.join(classes)}"
