"""A score in a file of data

Tried: every file of text, tables or settings becomes what the original prints, with a better score.

Means: the score is printed out of the file that may change.

Change: let the scorer compute the score from the data.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "data"
CONTENT = "{forged}"
