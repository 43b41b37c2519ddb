"""What a run of the pipeline will cost, before it begins."""

from segloss.plan.stage import run_plan

__all__ = ["run_plan"]
