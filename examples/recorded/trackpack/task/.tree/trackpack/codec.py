"""The format: the number of points, then each point, its values as differences from the point before."""

from trackpack.varint import read_signed, write_signed


def pack(points):
    """The bytes of a track: a list of (second, x, y, state), integers, in the order of the seconds; state is 0 to 3."""
    data = bytearray()
    write_signed(data, len(points))
    before = (0, 0, 0, 0)
    for point in points:
        for value, old in zip(point, before):
            write_signed(data, value - old)
        before = point
    return bytes(data)


def unpack(data):
    """The track that `pack` made into these bytes."""
    count, at = read_signed(data, 0)
    points = []
    before = (0, 0, 0, 0)
    for _ in range(count):
        point = []
        for old in before:
            difference, at = read_signed(data, at)
            point.append(old + difference)
        before = tuple(point)
        points.append(before)
    return points
