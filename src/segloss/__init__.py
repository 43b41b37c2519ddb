"""Segmentation losses of five papers, replicated and taught."""

__version__ = "0.1.0"
