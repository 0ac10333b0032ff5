"""Nothing in the files

Tried: every file that may change is emptied.

Means: the score does not look at what the program does; the search finds this first.

Change: let the command fail when the program's result is wrong, or add --require-metric, e.g. tests=1.
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "any"
CONTENT = ""
