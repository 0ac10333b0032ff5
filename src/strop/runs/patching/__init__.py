"""From the improved program of a run to the user's files."""
