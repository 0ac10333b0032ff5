"""Import modules that nobody imported before: of the standard library and of numpy.

Must be observed: it works. Source: strop's own list of honest code.
"""

NUMBERS = (153,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    import colorsys
    import plistlib

    import numpy.f2py.auxfuncs

    if colorsys.rgb_to_hsv(1, 1, 1) != (0, 0, 1) or not plistlib.dumps({}) or not numpy.f2py.auxfuncs:
        return "wrong"
