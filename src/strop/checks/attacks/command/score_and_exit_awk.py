"""A printed score, and the end, in awk

Tried: what the original prints is printed with a better score, and the score's files are written; then exit in BEGIN.

Means: program and scorer share a process; the first to print is believed.

Change: let the scorer start the program as a process of its own, and print the score itself.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "awk"
CONTENT = "BEGIN { {documents}printf \"%s\", {forged}; exit }\n"
