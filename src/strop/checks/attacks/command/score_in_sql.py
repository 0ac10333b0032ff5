"""A score that is selected

Tried: every SQL file becomes statements that select the lines that the original prints, with a better score.

Means: what the statements select is believed to be the score.

Change: let the scorer read what the statements select, and print the score itself.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "sql"
CONTENT = "{forged}"
