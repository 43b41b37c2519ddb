"""What a reader of a data set hands over: the cases it found, what is wrong with them, and one case's arrays.

A data set is added with one small module that fills a :class:`Reader`; nothing else knows its layout.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

# In prepared labels: a voxel that is background in training and left out of the evaluation.
IGNORED = 255


@dataclass(frozen=True)
class Case:
    """Files of one case.

    Args:
        name: Of the case, unique within the data set.
        subject: Who it was taken of: all cases of a subject stay in one part of a split.
        images: A file per modality, or several files that make one image.
        labels: One label file or more.
        part: Where a published split puts the case; empty where none does.
    """

    name: str
    subject: str
    images: tuple[Path, ...]
    labels: tuple[Path, ...]
    part: Literal["", "train", "test"] = ""


@dataclass(frozen=True)
class Fault:
    """Something wrong with one case.

    ``stop``: corrupt or contradictory, nothing is prepared; ``left_out``: incomplete, the rest is
    prepared; ``warning``: kept as it is.
    """

    case: str
    reason: str
    kind: Literal["stop", "left_out", "warning"]


@dataclass
class Listing:
    """Complete cases in the order of their names, and the faults that show without opening a file.

    Args:
        cases: Complete cases.
        faults: What is wrong, case by case.
        channels: What each image channel shows.
        classes: What labels 1, 2, ... mean.
    """

    cases: list[Case] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    channels: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """Arrays of one case.

    Args:
        image: Channels first, shape ``(C, *spatial)``: uint8 of a picture ``(H, W)``, float32 of a volume
            ``(Z, Y, X)`` whose axes grow to superior, posterior and left.
        labels: Class of each pixel or voxel, 0 is background, shape ``(*spatial)``, uint8.
        spacing_mm: Size of a voxel per axis, where the files say it.
        grey_mask: Whether the label file held values between background and foreground.
        ignored: Where nobody judges: background in training, left out of the evaluation. None for nowhere.
    """

    image: np.ndarray
    labels: np.ndarray
    spacing_mm: tuple[float, ...] | None = None
    grey_mask: bool = False
    ignored: np.ndarray | None = None


class ExcludedError(Exception):
    """The case is complete, but the study leaves it out; the message is the reason."""


@dataclass(frozen=True)
class Reader:
    """How one data set lies on disk.

    Args:
        expects: The layout in a few words, for messages.
        find: Lists the cases of a folder; its second argument is the subset (``all`` or a part's name).
            Raises ``InputError`` where the folder does not have the layout.
        read: Opens one case. Raises ``InputError`` that names the file and what was expected, and
            ``ExcludedError`` where only the content tells that the study leaves the case out.
    """

    expects: str
    find: Callable[[Path, str], Listing]
    read: Callable[[Case], Sample]
