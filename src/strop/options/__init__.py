"""The options of commands and of the Python functions, each declared once.

They are read, listed and explained without what they configure: this package imports `strop.base` alone. `choices`: names that
options choose among; `run`: options of a run; `scoring`: how a program is scored; `commands`: what several commands share.
"""
