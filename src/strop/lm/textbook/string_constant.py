"""mediocre string: Repeat the most frequent letter of the target."""


def construct(target, distance):
    """A constant string."""
    return max(sorted(set(target)), key=target.count, default="") * len(target)
