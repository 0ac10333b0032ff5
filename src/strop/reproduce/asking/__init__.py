"""Asking a model many times for one thing, and how far that is."""
