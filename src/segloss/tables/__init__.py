"""Tables as people read them: text cells, with the data in every row and what a spread is in the head."""

from segloss.tables.boundary_table import above_the_floor, published_gains
from segloss.tables.contradictions import checks_table, computed_claims_table
from segloss.tables.convergence import convergence_table
from segloss.tables.ledger import ledger_addresses, ledger_table, verdict_counts_of_ledger
from segloss.tables.lesions import lesion_groups, lesion_table, roughness_table
from segloss.tables.measured import (
    comparison_table,
    measured_table,
    ours_head,
    published_versus_replicated,
    ranking_table,
    verdict_table,
)
from segloss.tables.origin import left_out_table, outcomes_table, provenance_table
from segloss.tables.pairs_matrix import pairs_matrix_table
from segloss.tables.paper import recomputed_table, repeated_cells, text_against_table
from segloss.tables.printed_structures import printed_means_table, printed_ranks_table
from segloss.tables.record import (
    inventory_table,
    leads_without_spread,
    rules_table,
    sample_size_table,
    spread_needed_table,
    survival_table,
    verdict_counts_table,
)
from segloss.tables.seeds import seed_table
from segloss.tables.structures import structures_table
from segloss.tables.survey_table import possible_rows_table, survey_contradictions, survey_ranks_table
from segloss.tables.sweep import (
    positive_weight_table,
    sweep_ranks_table,
    sweep_slopes_table,
    sweep_table,
    sweep_winners_table,
)
from segloss.tables.synthesis import (
    against_baseline_table,
    decisions_table,
    losses_compared_table,
    slips_table,
    synthesis_data_table,
)
from segloss.tables.tour import (
    PAPERS,
    conventions_table,
    letters_table,
    losses_table,
    problems_table,
    secondary_sources_table,
    use_cases_table,
)
from segloss.tables.unified_focal import (
    balance_table,
    consistency_table,
    gamma_table,
    interaction_table,
    other_methods_table,
    settings_table,
    structure_metrics_table,
)

__all__ = [
    "PAPERS",
    "above_the_floor",
    "against_baseline_table",
    "balance_table",
    "checks_table",
    "comparison_table",
    "computed_claims_table",
    "consistency_table",
    "conventions_table",
    "convergence_table",
    "decisions_table",
    "gamma_table",
    "interaction_table",
    "inventory_table",
    "leads_without_spread",
    "ledger_addresses",
    "ledger_table",
    "left_out_table",
    "lesion_groups",
    "lesion_table",
    "letters_table",
    "losses_compared_table",
    "losses_table",
    "measured_table",
    "other_methods_table",
    "ours_head",
    "outcomes_table",
    "pairs_matrix_table",
    "positive_weight_table",
    "possible_rows_table",
    "printed_means_table",
    "printed_ranks_table",
    "problems_table",
    "provenance_table",
    "published_gains",
    "published_versus_replicated",
    "ranking_table",
    "recomputed_table",
    "repeated_cells",
    "roughness_table",
    "rules_table",
    "sample_size_table",
    "secondary_sources_table",
    "seed_table",
    "settings_table",
    "slips_table",
    "spread_needed_table",
    "structure_metrics_table",
    "structures_table",
    "survey_contradictions",
    "survey_ranks_table",
    "survival_table",
    "sweep_ranks_table",
    "sweep_slopes_table",
    "sweep_table",
    "sweep_winners_table",
    "synthesis_data_table",
    "text_against_table",
    "use_cases_table",
    "verdict_counts_of_ledger",
    "verdict_counts_table",
    "verdict_table",
]
