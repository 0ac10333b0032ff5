"""Language models: one file an implementation."""
