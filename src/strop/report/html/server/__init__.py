"""The pages of a run or of a folder of runs, served on the loopback behind a token: read-only and live."""
