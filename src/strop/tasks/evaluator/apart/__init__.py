"""An evaluator and its program in two jails: the scripts that run there.

All but `reading` are stand-alone: they import nothing from strop but each other, by path (`part`), and run under the user's
Python, 3.9 or newer.
"""
