"""The page of a run or a folder of runs, served on the loopback behind a token: read-only, and up to date while runs go on."""
