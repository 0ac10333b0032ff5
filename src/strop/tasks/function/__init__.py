"""Tasks made from a function in a user's file."""
