"""From the program of a run to the files of its user."""
