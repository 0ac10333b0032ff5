"""Figures that are legible in greyscale."""
