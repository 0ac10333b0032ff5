"""A query that looks at nothing

Tried: every query becomes SELECT 1.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "sql"
CONTENT = "SELECT 1;\n"
