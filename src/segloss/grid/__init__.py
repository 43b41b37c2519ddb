"""The stages of the pipeline on many workers: of this machine, of a running cluster, or of Slurm."""

from segloss.grid.stage import run_grid

__all__ = ["run_grid"]
