"""Conformance kits and stand-ins, for this project and its extensions."""
