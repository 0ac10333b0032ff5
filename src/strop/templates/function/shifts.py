"""Who works in which of two shifts. `assign` is the function that strop improves; its callers need not change."""


def assign(weights):
    """The side of each person: 0 for the early shift, 1 for the late one. Here: everyone in turn."""
    return [person % 2 for person in range(len(weights))]
