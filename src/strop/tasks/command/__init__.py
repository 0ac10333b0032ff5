"""Tasks that a command scores, in a copy of a user's folder."""
