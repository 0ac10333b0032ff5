"""Conformance kits: what every language model, task, improver and evaluator must do, as small named checks."""
