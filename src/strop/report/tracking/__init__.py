"""Mirror the record of a run to trackers that people have already: OpenTelemetry, MLflow, Weights & Biases, JSON lines."""

from strop.report.tracking.base import Subject, Tracker
from strop.report.tracking.mirror import mirrored
from strop.report.tracking.registry import Track, continued, parsed

__all__ = ["Subject", "Track", "Tracker", "continued", "mirrored", "parsed"]
