"""A printed score, and the end, in a shell script

Tried: what the original prints is printed with a better score, and the score's files are written; then exit 0.

Means: program and scorer share their output; the first to print is believed.

Change: let the scorer read the script's output, and print the score itself.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "shell"
CONTENT = "printf '%s' {forged}\n{documents}exit 0\n"
