"""Learning parity without noise."""
