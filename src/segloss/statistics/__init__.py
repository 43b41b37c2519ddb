"""Statistics over tidy results: loading, paired comparisons, convergence, tests from printed numbers."""

from segloss.statistics.balance import (
    balance_frame,
    precision_minus_recall,
    recall_precision_distance,
    structures_of,
)
from segloss.statistics.collapse import any_still_falling, empty_share
from segloss.statistics.convergence import convergence, paired_t_p, t_interval
from segloss.statistics.curves import gap_opening, roughness
from segloss.statistics.gains import difference_of_gains, size_correlation
from segloss.statistics.gammas import gamma_of, gamma_sweep
from segloss.statistics.kept_shares import chosen_on_validation, kept_share_of, kept_share_sweep, last_validation_dice
from segloss.statistics.paired import (
    POOLED,
    Comparison,
    Slope,
    compare,
    comparison_frame,
    difference_of_differences,
    slope_on_share,
)
from segloss.statistics.pairwise import pairwise_tests
from segloss.statistics.printed import PrintedMean, paired_p_range, recompute_p_values, welch_p, welch_p_range
from segloss.statistics.resampling import (
    bootstrap_interval,
    holm,
    lead_over_others,
    mean_interval,
    permutation_p,
    rank_first_share,
)
from segloss.statistics.results import (
    DISTANCES,
    TRIVIAL_ARMS,
    TRUTH,
    Results,
    case_values,
    fold_means,
    load_results,
    pooled_values,
    summarise,
)
from segloss.statistics.seeds import SeedSpread, load_seed_study, seed_spread, spread_of
from segloss.statistics.structure_sizes import SizeInteraction, size_interaction, structure_values
from segloss.statistics.subjects import clustered_error, over_subjects, subject_values
from segloss.statistics.sweep import (
    Sweep,
    SweepDifference,
    SweepRanks,
    load_sweep,
    positive_weight_trend,
    sweep_difference,
    sweep_lead,
    sweep_means,
    sweep_ranks,
    sweep_winners,
)
from segloss.statistics.sweep_reference import best_threshold_dice, sweep_references
from segloss.statistics.sweep_slopes import Interaction, SlopeDifference, slope_difference, sweep_interaction
from segloss.statistics.variance_ratio import VarianceRatio, variance_ratio

__all__ = [
    "DISTANCES",
    "POOLED",
    "TRIVIAL_ARMS",
    "TRUTH",
    "Comparison",
    "Interaction",
    "PrintedMean",
    "Results",
    "SeedSpread",
    "SizeInteraction",
    "Slope",
    "SlopeDifference",
    "Sweep",
    "SweepDifference",
    "SweepRanks",
    "VarianceRatio",
    "any_still_falling",
    "balance_frame",
    "best_threshold_dice",
    "bootstrap_interval",
    "case_values",
    "chosen_on_validation",
    "clustered_error",
    "compare",
    "comparison_frame",
    "convergence",
    "difference_of_differences",
    "difference_of_gains",
    "empty_share",
    "fold_means",
    "gamma_of",
    "gamma_sweep",
    "gap_opening",
    "holm",
    "kept_share_of",
    "kept_share_sweep",
    "last_validation_dice",
    "lead_over_others",
    "load_results",
    "load_seed_study",
    "load_sweep",
    "mean_interval",
    "over_subjects",
    "paired_p_range",
    "paired_t_p",
    "pairwise_tests",
    "permutation_p",
    "pooled_values",
    "positive_weight_trend",
    "precision_minus_recall",
    "rank_first_share",
    "recall_precision_distance",
    "recompute_p_values",
    "roughness",
    "seed_spread",
    "size_correlation",
    "size_interaction",
    "slope_difference",
    "slope_on_share",
    "spread_of",
    "structure_values",
    "structures_of",
    "subject_values",
    "summarise",
    "sweep_difference",
    "sweep_interaction",
    "sweep_lead",
    "sweep_means",
    "sweep_ranks",
    "sweep_references",
    "sweep_winners",
    "t_interval",
    "variance_ratio",
    "welch_p",
    "welch_p_range",
]
