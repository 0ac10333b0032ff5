"""A run as one HTML page: what is told of it (document), its figures, and the file."""
