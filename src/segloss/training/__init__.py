"""Training: one arm, all its folds."""

from segloss.training.arm import train_arm

__all__ = ["train_arm"]
