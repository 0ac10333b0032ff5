"""The options of commands and of the Python functions, each declared once.

This package imports only `strop.base`, so that options are read and explained without loading what they configure. `choices`:
names that options choose among; `run`: options of a run; `scoring`: how a program is scored; `commands`: options that several
commands share; `protocols`: options of `strop reproduce`; `workers`: the value of `--workers`.
"""
