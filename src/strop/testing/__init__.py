"""Conformance kits of what a plugin offers: language models, tasks, improvers."""
