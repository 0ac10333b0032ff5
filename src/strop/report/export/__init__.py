"""A run in the formats of other programs: JSON lines, tables, figures, a log of inspect-ai (docs/results.md)."""
