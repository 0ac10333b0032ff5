"""Conformance kits and stand-ins, for this project and for whoever extends it."""
