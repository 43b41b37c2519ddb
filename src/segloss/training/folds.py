"""The folds of an arm, one after another; each stays where it is once it is finished."""

from collections.abc import Sequence
from pathlib import Path

import torch

from segloss.data.prepared import PreparedVolumes, read_prepared
from segloss.errors import InputError
from segloss.provenance import written_file
from segloss.training.fold import train_fold
from segloss.training.progress import Progress
from segloss.training.settings import Settings
from segloss.training.validation import DivergedError


def train_folds(folder: Path, prepared: Path, folds: Sequence[int], arm: str, settings: Settings) -> None:
    """Train folds of an arm into ``folder``: ``fold<k>``, or ``fold<k>.diverged``, which says why there is none.

    Raises:
        InputError: If the protocol is one for volumes and the data are prepared as slices, or the reverse.
    """
    data = read_prepared(prepared)
    if isinstance(data, PreparedVolumes) != (settings.patch is not None):
        raise InputError(
            f"{arm}: a protocol with a patch is for volumes, one without for slices; expected its view so."
        )
    torch.set_num_threads(settings.threads)
    for fold in Progress(folds, arm, unit="fold"):
        try:
            train_fold(folder / f"fold{fold}", data, fold, settings)
        except DivergedError as error:
            with written_file(folder / f"fold{fold}.diverged") as stream:
                stream.write(str(error))
