"""Synapse multi-organ CT in whichever of its two forms lies there; of both, the raw one, which knows its spacing."""

from pathlib import Path

from segloss.data.case import Case, Listing, Reader, Sample
from segloss.data.readers import synapse_raw, synapse_transunet


def find(folder: Path, subset: str) -> Listing:
    """List the scans of the published split of 18 and 12."""
    prepared = any((folder / name).is_dir() for name in ("train_npz", "test_vol_h5"))
    transunet = prepared and not (folder / "RawData").is_dir()
    return (synapse_transunet if transunet else synapse_raw).find(folder)


def read(case: Case) -> Sample:
    """Open one scan of either form."""
    transunet = case.labels[0].suffix in {".npz", ".h5"}
    return (synapse_transunet if transunet else synapse_raw).read(case)


SYNAPSE = Reader(synapse_raw.EXPECTS, find, read)
