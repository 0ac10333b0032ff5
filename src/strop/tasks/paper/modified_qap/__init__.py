"""The quadratic assignment problem, with preferences."""
