"""Find the known words that a misspelled one may have been meant to be."""

from spelling.distance import distance
from spelling.search import nearest

__all__ = ["distance", "nearest"]
