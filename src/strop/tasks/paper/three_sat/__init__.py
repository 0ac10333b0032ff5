"""Random 3-SAT."""
