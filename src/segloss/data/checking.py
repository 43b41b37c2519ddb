"""The check command: every fault in the files of a data set at once."""

from collections import Counter
from pathlib import Path
from typing import Any

from tqdm import tqdm

from segloss.config import entry
from segloss.data.case import Fault
from segloss.data.preparation import warnings_of
from segloss.data.readers import READERS
from segloss.errors import InputError

WORDS = {"stop": "stops", "left_out": "left out", "warning": "warning"}


def check(dataset: str, root: Path, params: dict[str, Any]) -> int:
    """Print all faults of a data set.

    Args:
        dataset: Its name in params.yaml.
        root: The folder of all data sets, or the folder of this one.
        params: The parameters.

    Returns:
        The exit code: 1 if any fault stops the preparation, else 0.

    Raises:
        InputError: If the folder does not have the data set's layout.
    """
    settings = entry(params, "datasets", dataset)
    reader = READERS[settings["reader"]]
    folder = root / settings["folder"] if (root / settings["folder"]).is_dir() else root
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; expected one with {reader.expects}.")
    listing = reader.find(folder, settings["subset"])
    faults = list(listing.faults)
    grey_masks = 0
    for case in tqdm(listing.cases, desc=f"check {dataset}", unit="case", disable=None):
        try:
            sample = reader.read(case)
        except InputError as error:
            faults.append(Fault(case.name, str(error), "stop"))
        else:
            faults += warnings_of(case, sample)
            grey_masks += sample.grey_mask
    for fault in sorted(faults, key=lambda fault: (list(WORDS).index(fault.kind), fault.case)):
        print(f"{WORDS[fault.kind]}: {fault.reason}")
    counts = Counter(fault.kind for fault in faults)
    print(
        f"{dataset}: {len(listing.cases)} cases with all files, {counts['left_out']} left out, "
        f"{counts['warning']} with a warning, {grey_masks} with grey masks, {counts['stop']} faults that stop."
    )
    return 1 if counts["stop"] else 0
