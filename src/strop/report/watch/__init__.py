"""A run, or a folder of runs, as pages that follow it: served on the loopback, behind a token, read-only."""
