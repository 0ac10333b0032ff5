"""What the documents of cells come to."""
