"""Conformance kits of the seams that only this project implements."""
