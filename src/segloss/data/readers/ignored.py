"""Voxels that nobody judges."""

from dataclasses import replace

import numpy as np

from segloss.data.case import IGNORED, Sample


def set_aside(sample: Sample) -> Sample:
    """The sample with labels ``IGNORED`` turned into background that the evaluation leaves out."""
    ignored = sample.labels == IGNORED
    labels = np.where(ignored, np.uint8(0), sample.labels)
    return replace(sample, labels=labels, ignored=ignored if ignored.any() else None)
