"""Small programs as users write them, each with an answer of a model and the right verdict about it."""
