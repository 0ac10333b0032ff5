"""Fixed problems: constructions that are verified exactly."""
