"""Statistics over tidy results: loading, paired comparisons, convergence, tests from printed numbers."""

from segloss.statistics.collapse import any_still_falling, empty_share
from segloss.statistics.convergence import convergence, paired_t_p, t_interval
from segloss.statistics.curves import gap_opening, roughness
from segloss.statistics.gains import difference_of_gains, size_correlation
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
from segloss.statistics.subjects import over_subjects, subject_values

__all__ = [
    "DISTANCES",
    "POOLED",
    "TRIVIAL_ARMS",
    "TRUTH",
    "Comparison",
    "PrintedMean",
    "Results",
    "SeedSpread",
    "Slope",
    "any_still_falling",
    "bootstrap_interval",
    "case_values",
    "chosen_on_validation",
    "compare",
    "comparison_frame",
    "convergence",
    "difference_of_differences",
    "difference_of_gains",
    "empty_share",
    "fold_means",
    "gap_opening",
    "holm",
    "kept_share_of",
    "kept_share_sweep",
    "last_validation_dice",
    "lead_over_others",
    "load_results",
    "load_seed_study",
    "mean_interval",
    "over_subjects",
    "paired_p_range",
    "paired_t_p",
    "permutation_p",
    "pooled_values",
    "rank_first_share",
    "recompute_p_values",
    "roughness",
    "seed_spread",
    "size_correlation",
    "slope_on_share",
    "spread_of",
    "subject_values",
    "summarise",
    "t_interval",
    "welch_p",
    "welch_p_range",
]
