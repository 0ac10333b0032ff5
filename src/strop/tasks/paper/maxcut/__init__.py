"""Maximum cut."""
