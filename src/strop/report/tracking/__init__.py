"""Send the events of a run to trackers: OpenTelemetry, MLflow, Weights & Biases, JSON lines."""

from strop.report.tracking.base import Subject, Tracker
from strop.report.tracking.mirror import mirrored
from strop.report.tracking.registry import JSON_LINES, LIBRARIES, Track, continued, parsed

__all__ = ["JSON_LINES", "LIBRARIES", "Subject", "Track", "Tracker", "continued", "mirrored", "parsed"]
