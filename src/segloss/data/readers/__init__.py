"""One reader per data set, by the name that params.yaml uses."""

from segloss.data.case import Reader
from segloss.data.readers.acdc import ACDC
from segloss.data.readers.brats import ENHANCING, REGIONS, brats_reader
from segloss.data.readers.breast_ultrasound import BUS2017, BUSI
from segloss.data.readers.isic import isic_reader
from segloss.data.readers.isles import ISLES
from segloss.data.readers.kits import KITS
from segloss.data.readers.msseg import MSSEG
from segloss.data.readers.nfbs import NFBS
from segloss.data.readers.nnunet import NNUNET
from segloss.data.readers.scd import SCD
from segloss.data.readers.synapse import SYNAPSE
from segloss.data.readers.wmh import WMH

READERS: dict[str, Reader] = {
    "scd": SCD,
    "isic2016": isic_reader(
        images="ISBI2016_ISIC_Part1_Training_Data", labels="ISBI2016_ISIC_Part1_Training_GroundTruth"
    ),
    "isic2017": isic_reader(images="ISIC-2017_Training_Data", labels="ISIC-2017_Training_Part1_GroundTruth"),
    "isic2018": isic_reader(images="ISIC2018_Task1-2_Training_Input", labels="ISIC2018_Task1_Training_GroundTruth"),
    "synapse": SYNAPSE,
    "acdc": ACDC,
    "msseg": MSSEG,
    "isles2018": ISLES,
    "wmh2017": WMH,
    "brats2020": brats_reader(["t1ce"], ENHANCING, ["enhancing tumour"]),
    "brats2020_regions": brats_reader(
        ["flair", "t1", "t1ce", "t2"], REGIONS, ["necrotic core", "oedema", "enhancing tumour"]
    ),
    "kits19": KITS,
    "bus2017": BUS2017,
    "busi": BUSI,
    "nfbs": NFBS,
    "nnunet": NNUNET,
}
