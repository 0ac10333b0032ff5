"""Learning parity with noise."""
