"""A case of pictures in the raw layout of nnU-Net."""

import numpy as np

from segloss.data.case import Case, Sample
from segloss.data.pictures import read_codes, read_image
from segloss.data.readers.nnunet_description import Description
from segloss.errors import InputError


def read_pictures(case: Case, about: Description) -> Sample:
    """Open a case of png files: a picture per channel, or one in colour.

    Raises:
        InputError: If a file is corrupt, holds an unknown code, or differs in size from the first image.
    """
    in_colour = len(case.images) < len(about.channels)
    channels = [read_image(path, "RGB" if in_colour else "L") for path in case.images]
    label_path = case.labels[0]
    stored = read_codes(label_path)
    height, width = channels[0].shape[1:]
    sizes = [channel.shape[1:] for channel in channels]
    for path, size in zip((*case.images, label_path), (*sizes, stored.shape), strict=True):
        if size != (height, width):
            raise InputError(f"{path}: {size[1]}x{size[0]} pixels, expected {width}x{height} as {case.images[0].name}.")
    strange = sorted(set(np.unique(stored).tolist()) - about.codes.keys())
    if strange:
        unknown, known = (", ".join(str(code) for code in codes) for codes in (strange[:5], sorted(about.codes)))
        raise InputError(f"{label_path}: unknown label {unknown}; expected only {known}.")
    labels = np.zeros(stored.shape, np.uint8)
    for code, label in about.codes.items():
        labels[stored == code] = label
    return Sample(np.concatenate(channels), labels)
