"""The synthesis: many losses on many data sets under one protocol, so that losses alone differ."""

from segloss.synthesis.stage import run_synthesis

__all__ = ["run_synthesis"]
