"""Eighteen constructions, found through the entry points of the group `strop.tasks` (docs/reference/constructions.md)."""
