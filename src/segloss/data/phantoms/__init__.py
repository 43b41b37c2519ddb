"""Computer-made images with exact masks, in the official layouts of the data sets they stand in for."""

from segloss.data.phantoms.brain_extraction import brain_extraction_phantom
from segloss.data.phantoms.computed_tomography import abdomen_phantom, kidney_phantom
from segloss.data.phantoms.dermoscopy import dermoscopy_phantom
from segloss.data.phantoms.heart import heart_phantom
from segloss.data.phantoms.imbalance import imbalance_phantom
from segloss.data.phantoms.layouts import write_phantoms
from segloss.data.phantoms.multiple_sclerosis import multiple_sclerosis_phantom
from segloss.data.phantoms.stroke import stroke_phantom
from segloss.data.phantoms.tumour import brain_tumour_phantom
from segloss.data.phantoms.two_channels import two_channel_phantom
from segloss.data.phantoms.ultrasound import ultrasound_phantom
from segloss.data.phantoms.white_matter import white_matter_phantom

__all__ = [
    "abdomen_phantom",
    "brain_extraction_phantom",
    "brain_tumour_phantom",
    "dermoscopy_phantom",
    "heart_phantom",
    "imbalance_phantom",
    "kidney_phantom",
    "multiple_sclerosis_phantom",
    "stroke_phantom",
    "two_channel_phantom",
    "ultrasound_phantom",
    "white_matter_phantom",
    "write_phantoms",
]
