"""Tasks made from a function of a user's file."""
