"""Computer-made images with exact masks, in the official layouts of the data sets they stand in for."""

from segloss.data.phantoms.dermoscopy import dermoscopy_phantom
from segloss.data.phantoms.layouts import write_phantoms

__all__ = ["dermoscopy_phantom", "write_phantoms"]
