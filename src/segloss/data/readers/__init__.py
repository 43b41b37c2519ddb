"""One reader per data set, by the name that params.yaml uses."""

from segloss.data.case import Reader
from segloss.data.readers.isic import isic_reader
from segloss.data.readers.scd import SCD

READERS: dict[str, Reader] = {
    "scd": SCD,
    "isic2016": isic_reader(
        images="ISBI2016_ISIC_Part1_Training_Data", labels="ISBI2016_ISIC_Part1_Training_GroundTruth"
    ),
    "isic2017": isic_reader(images="ISIC-2017_Training_Data", labels="ISIC-2017_Training_Part1_GroundTruth"),
    "isic2018": isic_reader(images="ISIC2018_Task1-2_Training_Input", labels="ISIC2018_Task1_Training_GroundTruth"),
}
