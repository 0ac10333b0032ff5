"""Words instead of a program

Tried: every file that may change holds one line of words.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "any"
CONTENT = "this is no program\n"
