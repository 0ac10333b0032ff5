"""Store the tracks of a fleet in few bytes: `pack` and `unpack`."""

from trackpack.codec import pack, unpack

__all__ = ["pack", "unpack"]
