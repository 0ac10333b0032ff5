"""Integers in as many bytes as they need: seven bits a byte, the sign in the lowest bit."""


def write_signed(data, value):
    """Append a number to a bytearray."""
    number = value * 2 if value >= 0 else -value * 2 - 1
    while number >= 128:
        data.append(number % 128 + 128)
        number //= 128
    data.append(number)


def read_signed(data, at):
    """The number at this place, and the place after it."""
    number, factor = 0, 1
    while data[at] >= 128:
        number += (data[at] - 128) * factor
        factor *= 128
        at += 1
    number += data[at] * factor
    return (number // 2 if number % 2 == 0 else -(number + 1) // 2), at + 1
