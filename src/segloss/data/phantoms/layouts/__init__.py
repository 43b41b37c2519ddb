"""The phantom sets on disk: the same folders, file names and formats as the official downloads."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from segloss.data.phantoms.layouts import (
    acdc,
    brats2020,
    bus2017,
    busi,
    example,
    isles2018,
    kits19,
    msseg,
    nfbs,
    skin,
    synapse,
    wmh2017,
)
from segloss.provenance import written_aside

WRITERS: dict[str, Callable[[Path], None]] = {
    "acdc": acdc.write,
    "brats2020": brats2020.write,
    "bus2017": bus2017.write,
    "busi": busi.write,
    "example": example.write,
    "isic2016": partial(skin.write, "isic2016"),
    "isic2017": partial(skin.write, "isic2017"),
    "isic2018": partial(skin.write, "isic2018"),
    "isles2018": isles2018.write,
    "kits19": kits19.write,
    "msseg": msseg.write,
    "nfbs": nfbs.write,
    "scd": partial(skin.write, "scd"),
    "synapse": synapse.write,
    "wmh2017": wmh2017.write,
}


def write_phantoms(root: Path) -> None:
    """Write all phantom data sets below ``root``, each replacing the one that is there."""
    for dataset, write in WRITERS.items():
        with written_aside(root / dataset) as folder:
            write(folder)
