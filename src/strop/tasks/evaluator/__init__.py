"""Tasks whose score comes from a file with `evaluate(program_path)`."""
