"""Eighteen constructions, found by strop through the entry points of the group `strop.tasks` (docs/constructions.md)."""
