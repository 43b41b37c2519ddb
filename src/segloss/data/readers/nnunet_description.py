"""What ``dataset.json`` says of a data set in the raw layout of nnU-Net, in its first or second version."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segloss.data.case import IGNORED
from segloss.data.faults import UNPRINTABLE
from segloss.errors import InputError

ENDINGS = (".nii.gz", ".nii", ".png")
LONGEST_CODE = 9  # digits


@dataclass(frozen=True)
class Description:
    """A data set of the user's own.

    Args:
        channels: What each image channel shows.
        classes: What labels 1, 2, ... mean.
        codes: Class of each code that a label file may hold; a label named ``ignore`` becomes ``IGNORED``.
        ending: Of image and label files.
        cases: How many there should be, where the file says it.
    """

    channels: tuple[str, ...]
    classes: tuple[str, ...]
    codes: dict[int, int]
    ending: str
    cases: int | None


def read_description(path: Path) -> Description:
    """Read ``dataset.json``.

    Raises:
        InputError: If it is no JSON, or does not describe channels and labels as expected.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected a JSON file, but it cannot be read ({error}).") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected an object with channel_names and labels, got {type(content).__name__}.")
    channels = _section(path, content, "channel_names", "modality")
    if sorted(channels) != sorted(str(number) for number in range(len(channels))):
        raise InputError(f"{path}: the channels are numbered {', '.join(channels)}, expected 0, 1, 2 and so on.")
    names = _names_of_codes(path, _section(path, content, "labels"))
    ignored = [code for code, name in names.items() if name == "ignore"]
    classes = sorted(code for code in names if code not in ignored)
    if classes != list(range(len(classes))) or not 2 <= len(classes) <= IGNORED:
        listed = ", ".join(str(code) for code in classes)
        raise InputError(f"{path}: the labels are {listed}, expected 0 for background and then 1, 2 and so on.")
    ending = content.get("file_ending", ENDINGS[0])
    if ending not in ENDINGS:
        raise InputError(f"{path}: file_ending is {ending!r}, expected {', '.join(ENDINGS)}.")
    cases = content.get("numTraining")
    return Description(
        channels=tuple(str(channels[str(number)]) for number in range(len(channels))),
        classes=tuple(names[code] for code in classes[1:]),
        codes={code: code for code in classes} | dict.fromkeys(ignored, IGNORED),
        ending=ending,
        cases=cases if isinstance(cases, int) else None,
    )


def _section(path: Path, content: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        if isinstance(content.get(name), dict) and content[name]:
            for key, value in content[name].items():
                if UNPRINTABLE.search(f"{key}{value}"):
                    raise InputError(f"{path}: {key!a} of {name} cannot be printed, expected plain names.")
            return content[name]
    raise InputError(f"{path}: {' or '.join(names)} is missing or empty, expected a name for each number.")


def _names_of_codes(path: Path, labels: dict[str, Any]) -> dict[int, str]:
    # The first version writes {"1": "tumour"}, the second {"tumour": 1}.
    if all(name.isdecimal() and isinstance(value, str) for name, value in labels.items()):
        if longest := next((code for code in labels if len(code) > LONGEST_CODE), ""):
            raise InputError(f"{path}: {longest[:LONGEST_CODE]}... is no label code, expected whole numbers from 0.")
        return {int(code): name for code, name in labels.items()}
    names: dict[int, str] = {}
    for name, code in labels.items():
        if isinstance(code, list):
            raise InputError(f"{path}: label {name!r} is a region of several codes, expected one code per label.")
        if type(code) is not int or code < 0:
            raise InputError(f"{path}: label {name!r} has the code {code!r}, expected a whole number from 0.")
        if code in names:
            raise InputError(f"{path}: labels {names[code]!r} and {name!r} both have code {code}, expected one each.")
        names[code] = name
    return names
