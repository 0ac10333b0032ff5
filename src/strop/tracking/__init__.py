"""Mirror the record of a run to trackers that people have already: OpenTelemetry, MLflow, Weights & Biases, JSON lines."""

from strop.tracking.base import Subject, Tracker
from strop.tracking.mirror import mirrored
from strop.tracking.registry import Track, continued, parsed

__all__ = ["Subject", "Track", "Tracker", "continued", "mirrored", "parsed"]
