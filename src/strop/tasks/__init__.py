"""Downstream tasks: one folder a task."""
