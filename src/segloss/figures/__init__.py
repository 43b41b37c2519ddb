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
from segloss.figures.explorer import explorer_panel
from segloss.figures.focusing import effect_of_gamma
from segloss.figures.gamma_sweep import gamma_curves
from segloss.figures.hard_pixels import gradients_by_share, ignored_pixels, kept_by_share, missed_and_added
from segloss.figures.kept_shares import kept_share_curves
from segloss.figures.ledger import cases_to_decide, verdicts_by_paper
from segloss.figures.lesion_recall import recall_by_group
from segloss.figures.level_sets import (
    empty_slice_curves,
    gradients_on_lesions,
    level_set_maps,
    two_views,
    weight_schedules,
)
from segloss.figures.live_training import live_training_curves, live_training_pictures
from segloss.figures.magnified import magnified_slices
from segloss.figures.mechanisms import area_error_curves, gradient_pictures, lesion_size_curves, printed_forms
from segloss.figures.montage import montage
from segloss.figures.pair_matrix import pair_matrices
from segloss.figures.portraits import gradient_overview, portrait, tour_stage
from segloss.figures.power import cases_by_spread, power_curves
from segloss.figures.published import printed_and_recomputed_p, published_forest
from segloss.figures.recall_precision import recall_against_precision
from segloss.figures.relatives import family_graph
from segloss.figures.slips import slip_caption, slip_figure
from segloss.figures.structure_sizes import dice_by_size, same_cases
from segloss.figures.survey import (
    cross_entropy_curves,
    foregrounds,
    hyperbolic_functions,
    log_cosh_of_dice,
    one_sided_distances,
    possible_region,
)
from segloss.figures.sweep import dice_by_share, dice_by_share_one_by_one, dice_heat_map, imbalance_examples
from segloss.figures.synthesis_pages import (
    synthesis_costs,
    synthesis_critical_difference,
    synthesis_equivalence,
    synthesis_learning_rates,
    synthesis_map,
    synthesis_measures,
    synthesis_reliability,
    synthesis_stability,
    synthesis_structure_shares,
)
from segloss.figures.unified_mechanisms import lesion_share_curves, pulls_by_gamma, where_losses_push
from segloss.figures.validation import validation_curves

__all__ = [
    "agreement_areas",
    "area_error_curves",
    "cases_by_spread",
    "cases_to_decide",
    "contact_sheet",
    "controlled_phantoms",
    "cross_entropy_curves",
    "curves_of_every_arm",
    "dice_by_share",
    "dice_by_share_one_by_one",
    "dice_by_size",
    "dice_heat_map",
    "difference_by_lesion_size",
    "differences_by_dataset",
    "differences_by_pair",
    "distribution_per_arm",
    "effect_of_gamma",
    "empty_slice_curves",
    "explorer_panel",
    "family_graph",
    "family_tree",
    "foregrounds",
    "gallery",
    "gamma_curves",
    "gradient_overview",
    "gradient_pictures",
    "gradients_by_share",
    "gradients_on_lesions",
    "hausdorff_against_dice",
    "hyperbolic_functions",
    "ignored_pixels",
    "imbalance_examples",
    "kept_by_share",
    "kept_share_curves",
    "large_lesions",
    "lesion_share_curves",
    "lesion_size_curves",
    "level_set_maps",
    "limit_to_dice",
    "live_training_curves",
    "live_training_pictures",
    "load_examples",
    "log_cosh_of_dice",
    "magnified_slices",
    "missed_and_added",
    "montage",
    "one_sided_distances",
    "pair_matrices",
    "portrait",
    "possible_region",
    "power_curves",
    "printed_and_recomputed_p",
    "printed_forms",
    "published_forest",
    "pulls_by_gamma",
    "recall_against_precision",
    "recall_by_group",
    "same_cases",
    "slip_caption",
    "slip_figure",
    "synthesis_costs",
    "synthesis_critical_difference",
    "synthesis_equivalence",
    "synthesis_learning_rates",
    "synthesis_map",
    "synthesis_measures",
    "synthesis_reliability",
    "synthesis_stability",
    "synthesis_structure_shares",
    "tour_stage",
    "training_curves",
    "two_views",
    "validation_curves",
    "verdicts_by_paper",
    "weight_schedules",
    "where_losses_push",
]
