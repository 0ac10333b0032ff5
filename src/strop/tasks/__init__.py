"""Downstream tasks, one folder per task."""
