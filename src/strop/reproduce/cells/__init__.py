"""Cells: what a protocol consists of, planned, carried out in child processes, kept and shown."""
