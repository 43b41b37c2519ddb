"""The robustness sweep: one task, many foreground shares, the losses of the survey."""

from segloss.sweep.stage import run_sweep

__all__ = ["run_sweep"]
