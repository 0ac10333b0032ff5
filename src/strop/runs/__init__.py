"""Runs: what they are made of, their directories, how they start, resume and end."""
