"""An evaluator and its program as two guests: what they run. Each file imports the others by plain name, and nothing of strop."""
