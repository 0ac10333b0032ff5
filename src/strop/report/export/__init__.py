"""A run in the formats of other programs: JSON lines, CSV tables, SVG figures (docs/results.md)."""
