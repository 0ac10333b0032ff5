"""Pages of docs/reference, made from what the code declares: one module a page, each with a function that returns its text."""
