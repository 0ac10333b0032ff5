"""What runs in the jail of a marked function's module: stand-alone, under Python 3.9 or newer, in the user's interpreter."""
