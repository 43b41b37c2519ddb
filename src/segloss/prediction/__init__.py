"""Prediction: a user's own images, segmented by an arm that was trained."""

from segloss.prediction.stage import predict

__all__ = ["predict"]
