"""Runs: their components, journals, directories and results."""
