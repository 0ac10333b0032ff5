"""Search in a dictionary."""

from spelling.distance import distance


def nearest(word, dictionary, how_many=3):
    """The nearest words of `dictionary`, nearest first, ties in alphabetical order."""
    scored = []
    for known in dictionary:
        scored.append((distance(word, known), known))
    scored.sort()
    return [known for _, known in scored[:how_many]]
