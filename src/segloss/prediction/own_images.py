"""A user's own images in the formats of the readers, and masks that lie on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt_transform
from PIL import Image

from segloss.data.pictures import read_image
from segloss.data.volumes import AXES, read_modalities
from segloss.errors import InputError
from segloss.prediction.trained_arm import TrainedArm

VOLUMES = (".nii", ".nii.gz")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class OwnImage:
    """The files of one case.

    Args:
        files: One for each channel; a picture in colour is one file.
        name: That of the first file without its ending.
        ending: Of the first file, in small letters.
    """

    files: tuple[Path, ...]
    name: str
    ending: str

    @classmethod
    def of(cls, text: str, arm: TrainedArm) -> "OwnImage":
        """The files that a user names for an arm, joined by commas where a case has several channels.

        Raises:
            InputError: If one is missing, or they have not the format or the number that the arm was trained on.
        """
        files = (Path(text),) if Path(text).is_file() else tuple(Path(part) for part in text.split(","))
        endings = PICTURES if arm.pictures else VOLUMES
        kind = "pictures" if arm.pictures else "volumes"
        for file in files:
            if not file.is_file():
                raise InputError(f"{file} was not found; expected an image to segment.")
            if not file.name.lower().endswith(endings):
                raise InputError(f"{file}: expected {' or '.join(endings)}, since {arm.name} was trained on {kind}.")
        allowed = {1, 3} if arm.pictures and len(arm.channels) == 3 else {len(arm.channels)}
        if len(files) not in allowed:
            joined = "" if len(arm.channels) == 1 else ", files in this order joined by commas"
            raise InputError(
                f"{text}: {len(files)} {'file' if len(files) == 1 else 'files'}, expected a case with "
                f"{len(arm.channels)} channels ({', '.join(arm.channels)}){joined}."
            )
        ending = next(ending for ending in reversed(endings) if files[0].name.lower().endswith(ending))
        return cls(files, files[0].name[: -len(ending)], ending)

    def read(self, arm: TrainedArm) -> tuple[np.ndarray, tuple[float, ...] | None]:
        r"""The image (C, \*spatial) and the size of its voxels, as the readers of data sets give them.

        Raises:
            InputError: If a file cannot be read, or the files differ in size or grid.
        """
        if not arm.pictures:
            image, first = read_modalities(self.files)
            return image, first.spacing_mm
        in_colour = len(self.files) < len(arm.channels)
        channels = [read_image(file, "RGB" if in_colour else "L") for file in self.files]
        for file, channel in zip(self.files, channels, strict=True):
            if channel.shape[1:] != channels[0].shape[1:]:
                sizes = ["x".join(map(str, one.shape[:0:-1])) for one in (channel, channels[0])]
                raise InputError(f"{file}: {sizes[0]} pixels, expected {sizes[1]} as {self.files[0].name}.")
        return np.concatenate(channels), None

    def write_mask(self, path: Path, labels: np.ndarray, description: str) -> None:
        """Write labels: grey values of a PNG, or a NIfTI file on the grid of the first file, affine included."""
        if self.ending not in VOLUMES:
            Image.fromarray(labels).save(path)
            return
        image: Any = nibabel.load(self.files[0])
        turn = ornt_transform(axcodes2ornt(AXES), io_orientation(image.affine))
        stored = np.ascontiguousarray(apply_orientation(labels, turn)).reshape(image.shape)
        header = image.header.copy()
        header.set_data_dtype(np.uint8)
        header["cal_min"] = header["cal_max"] = 0  # no window: labels are no grey values
        header["descrip"] = description.encode("ascii", "replace")[:79]
        # Without an affine of its own, the mask keeps both of the header's, and which of them counts.
        nibabel.save(type(image)(stored, None, header), path)


def own_images(texts: Sequence[str], arm: TrainedArm) -> list[OwnImage]:
    """The cases that a user names.

    Raises:
        InputError: As :meth:`OwnImage.of`, and if the masks of two of them would have one name.
    """
    images = [OwnImage.of(text, arm) for text in texts]
    names: dict[str, Path] = {}
    for image in images:
        if image.name in names:
            raise InputError(f"{image.files[0]}: its name is that of {names[image.name]}; give them one at a time.")
        names[image.name] = image.files[0]
    return images
