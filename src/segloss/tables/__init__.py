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

__all__ = [
    "comparison_table",
    "left_out_table",
    "ours_head",
    "outcomes_table",
    "provenance_table",
    "published_versus_replicated",
    "ranking_table",
    "recomputed_table",
    "repeated_cells",
    "text_against_table",
    "verdict_table",
]
