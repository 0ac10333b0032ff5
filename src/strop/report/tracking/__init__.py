"""Send a run's settings, figures by iteration and best improver to trackers: MLflow, Weights & Biases."""

from strop.report.tracking.base import LIBRARIES, Figures, Notes, Sink, checked, continued, sent

__all__ = ["LIBRARIES", "Figures", "Notes", "Sink", "checked", "continued", "sent"]
