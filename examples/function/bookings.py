"""When is a room in use? A module as there are many; `in_use` is the function that is to be faster."""

import strop

DAY = 24 * 60 * 60  # seconds


def touches(one, other):
    """Whether two spans of time overlap or meet."""
    return one[0] <= other[1] and other[0] <= one[1]


def sample(rng):
    """The arguments of one call: 300 bookings of up to ten minutes. Without them there would be nothing to measure."""
    starts = rng.integers(0, DAY, 300)
    return {"bookings": [[int(start), int(start + rng.integers(60, 600))] for start in starts]}


# Called for every room, every night.
@strop.improve_me(score="time", sample=sample, instances=8, test_instances=20)
def in_use(bookings):
    """The spans in which the room is in use, in order: bookings that overlap or meet are one span."""
    spans = []
    for booking in bookings:
        span = list(booking)
        merged = True
        while merged:
            merged = False
            for other in spans:
                if touches(span, other):
                    span = [min(span[0], other[0]), max(span[1], other[1])]
                    spans.remove(other)
                    merged = True
                    break
        spans.append(span)
    return sorted(spans)


def hours(bookings):
    """How long the room is in use, in hours."""
    return sum(end - start for start, end in in_use(bookings)) / 3600
