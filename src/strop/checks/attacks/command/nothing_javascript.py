"""A JavaScript program that does nothing

Tried: process.exit(0) where the script begins.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "javascript"
CONTENT = "process.exit(0);\n"
