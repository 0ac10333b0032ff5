"""Tasks that a file with `evaluate(program_path)` scores."""
