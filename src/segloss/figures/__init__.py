"""Figures of the reports: each function takes data and returns a figure, and writes nothing."""

from segloss.figures.agreement import agreement_areas, large_lesions, limit_to_dice
from segloss.figures.case_gallery import gallery
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
from segloss.figures.examples import load_examples
from segloss.figures.hard_pixels import gradients_by_share, ignored_pixels, kept_by_share, missed_and_added
from segloss.figures.kept_shares import kept_share_curves
from segloss.figures.lesion_recall import recall_by_group
from segloss.figures.level_sets import (
    empty_slice_curves,
    gradients_on_lesions,
    level_set_maps,
    two_views,
    weight_schedules,
)
from segloss.figures.mechanisms import area_error_curves, gradient_pictures, lesion_size_curves, printed_forms
from segloss.figures.montage import montage
from segloss.figures.portraits import gradient_overview, portrait, tour_stage
from segloss.figures.validation import validation_curves

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
    "empty_slice_curves",
    "family_tree",
    "gallery",
    "gradient_overview",
    "gradient_pictures",
    "gradients_by_share",
    "gradients_on_lesions",
    "hausdorff_against_dice",
    "ignored_pixels",
    "kept_by_share",
    "kept_share_curves",
    "large_lesions",
    "lesion_size_curves",
    "level_set_maps",
    "limit_to_dice",
    "load_examples",
    "missed_and_added",
    "montage",
    "portrait",
    "printed_forms",
    "recall_by_group",
    "tour_stage",
    "training_curves",
    "two_views",
    "validation_curves",
    "weight_schedules",
]
