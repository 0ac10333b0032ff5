"""Send the events of a run to trackers: MLflow, Weights & Biases, JSON lines."""

from strop.report.tracking.base import JSON_LINES, LIBRARIES, Notebook, Subject, Track, Tracker, continued, parsed
from strop.report.tracking.mirror import mirrored

__all__ = ["JSON_LINES", "LIBRARIES", "Notebook", "Subject", "Track", "Tracker", "continued", "mirrored", "parsed"]
