"""Tables as people read them: text cells, with the data in every row and what a spread is in the head."""

from segloss.tables.measured import (
    comparison_table,
    ours_head,
    published_versus_replicated,
    ranking_table,
    verdict_table,
)
from segloss.tables.origin import left_out_table, outcomes_table, provenance_table
from segloss.tables.paper import recomputed_table, repeated_cells, text_against_table
from segloss.tables.tour import (
    conventions_table,
    letters_table,
    losses_table,
    problems_table,
    secondary_sources_table,
    use_cases_table,
)

__all__ = [
    "comparison_table",
    "conventions_table",
    "left_out_table",
    "letters_table",
    "losses_table",
    "ours_head",
    "outcomes_table",
    "problems_table",
    "provenance_table",
    "published_versus_replicated",
    "ranking_table",
    "recomputed_table",
    "repeated_cells",
    "secondary_sources_table",
    "text_against_table",
    "use_cases_table",
    "verdict_table",
]
