"""Evaluation: one data set, all its arms, case by case."""

from segloss.evaluation.stage import evaluate

__all__ = ["evaluate"]
