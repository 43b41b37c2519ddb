"""A trained arm, ready to segment an image that comes in its original size."""

import csv
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segloss.data.case import Sample
from segloss.data.case_table import sizes
from segloss.data.view import View
from segloss.errors import InputError
from segloss.networks import build_network
from segloss.training.computing import channels_last
from segloss.training.predictions import decided, probabilities
from segloss.training.sliding_window import predicted_volume

SLICES_AT_ONCE = 16
EXPECTED = "expected a trained arm such as build/runs/scd/scd-dice, or one of its folds"


@dataclass(frozen=True)
class TrainedArm:
    """The networks of an arm's folds and the preparation that their images had.

    Args:
        name: Of the arm.
        title: Of the data set on which it was trained.
        kind: ``phantom``, ``subset`` or ``paper``: on what it was trained.
        pictures: Whether those were pictures, and not volumes.
        channels: What each image channel shows.
        classes: What labels 1, 2, ... mean.
        view: How images are prepared.
        settings: Those of the run.
        networks: One for each fold, in evaluation mode.
    """

    name: str
    title: str
    kind: str
    pictures: bool
    channels: tuple[str, ...]
    classes: tuple[str, ...]
    view: View
    settings: dict[str, Any]
    networks: list[nn.Module]

    @classmethod
    def open(cls, run: Path) -> Self:
        """Open ``build/runs/<data set>/<arm>`` with all its folds, or one of its folds.

        Raises:
            InputError: If it is no run, its weights cannot be read, or its prepared data are not those of its training.
        """
        folder = run.parent if re.fullmatch(r"fold\d+", run.name) else run
        if not (folder / "provenance.json").is_file():
            raise InputError(f"{run}: no provenance.json was found; {EXPECTED}.")
        provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        folds = [run] if run != folder else sorted(path for path in folder.glob("fold*") if path.is_dir())
        if not folds:
            raise InputError(f"{run}: no fold of this arm was finished; {EXPECTED}.")
        prepared = _prepared_folder(folder.resolve(), provenance["dataset"])
        data = json.loads((prepared / "provenance.json").read_text(encoding="utf-8"))
        if data["fingerprint"] != provenance["fingerprints"]["data"]:
            raise InputError(f"{run}: trained on other data than {prepared} holds now; train the arm again.")
        with (prepared / "cases.csv").open(newline="", encoding="utf-8") as stream:
            shape = sizes(next(csv.DictReader(stream))["shape"])
        channels, classes = tuple(data["channels"]), tuple(data["classes"])
        options = provenance["settings"]["network"] | {"in_channels": len(channels)}
        options["out_channels"] = 1 if len(classes) == 1 else 1 + len(classes)
        return cls(
            name=provenance["arm"],
            title=data["title"],
            kind=data["kind"],
            pictures=len(shape) == 2,
            channels=channels,
            classes=classes,
            # The maps are of the truth, which nobody knows here.
            view=replace(View(**data["view"]), distance_maps=False),
            settings=provenance["settings"],
            networks=[_network(fold / "weights.pt", options) for fold in folds],
        )

    def segment(self, image: np.ndarray, spacing_mm: tuple[float, ...] | None = None) -> NDArray[np.uint8]:
        r"""Labels (\*spatial) of an image (C, \*spatial), on its own grid.

        The image is prepared as for training. The probabilities of all folds are averaged, brought back to the grid of
        the image and decided there: of one class what is above one half, of several the most probable one.
        """
        unknown = np.zeros(image.shape[1:], dtype=np.uint8)
        prepared = self.view.prepare(Sample(image, unknown, spacing_mm), len(self.classes))["images"]
        seen = torch.from_numpy(prepared).float()
        if prepared.dtype == np.uint8:
            seen /= 255
        probs = torch.stack([self._probabilities(network, seen) for network in self.networks]).mean(0)
        grid = (1, *unknown.shape) if self.pictures else unknown.shape
        return decided(probs, grid).reshape(unknown.shape)

    @torch.no_grad()
    def _probabilities(self, network: nn.Module, images: Tensor) -> Tensor:
        """(K, Z, Y, X) on the grid of the network, whether it sees slices (Z, C, S, S) or a volume (C, Z, Y, X)."""
        device = next(network.parameters()).device
        if self.view.kind == "volumes":
            return predicted_volume(network, images, self.settings["patch"], self.settings["overlap"], device)
        parts = (channels_last(part.to(device)) for part in images.split(SLICES_AT_ONCE))
        return torch.cat([probabilities(network(part)).cpu() for part in parts]).swapaxes(0, 1)


def _prepared_folder(folder: Path, dataset: str) -> Path:
    """Where the data of a run were prepared: below the same build folder, wherever that is."""
    for above in folder.parents:
        prepared = above / "prepared" / dataset
        if (prepared / "provenance.json").is_file() and (prepared / "cases.csv").is_file():
            return prepared
    raise InputError(
        f"{folder}: prepared/{dataset} was not found beside the runs, expected it to say how images are prepared; "
        f"run `python -m segloss prepare {dataset}`."
    )


def _network(weights: Path, options: dict[str, Any]) -> nn.Module:
    if not weights.is_file():
        raise InputError(f"{weights} was not found; expected the weights that training wrote.")
    network = build_network(**options)
    try:
        network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except (OSError, EOFError, RuntimeError, KeyError, TypeError, ValueError, UnpicklingError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{weights}: expected weights of this arm's network, but found none ({reason}).") from error
    return network.to("cuda" if torch.cuda.is_available() else "cpu").eval()
