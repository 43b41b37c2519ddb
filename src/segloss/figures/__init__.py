"""Figures of the reports: each function takes data and returns a figure, and writes nothing."""

from segloss.figures.agreement import agreement_areas, large_lesions, limit_to_dice
from segloss.figures.contact_sheet import contact_sheet
from segloss.figures.controlled import controlled_phantoms
from segloss.figures.curves import curves_of_every_arm, training_curves
from segloss.figures.descent import family_tree
from segloss.figures.differences import (
    difference_by_lesion_size,
    differences_by_dataset,
    differences_by_pair,
)
from segloss.figures.distributions import distribution_per_arm, hausdorff_against_dice
from segloss.figures.examples import gallery, load_examples
from segloss.figures.mechanisms import area_error_curves, gradient_pictures, lesion_size_curves, printed_forms
from segloss.figures.montage import montage
from segloss.figures.portraits import gradient_overview, portrait, tour_stage

__all__ = [
    "agreement_areas",
    "area_error_curves",
    "contact_sheet",
    "controlled_phantoms",
    "curves_of_every_arm",
    "difference_by_lesion_size",
    "differences_by_dataset",
    "differences_by_pair",
    "distribution_per_arm",
    "family_tree",
    "gallery",
    "gradient_overview",
    "gradient_pictures",
    "hausdorff_against_dice",
    "large_lesions",
    "lesion_size_curves",
    "limit_to_dice",
    "load_examples",
    "montage",
    "portrait",
    "printed_forms",
    "tour_stage",
    "training_curves",
]
