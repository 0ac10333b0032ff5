"""Write the improved program of a run beside its record, and into the user's files."""
