"""A printed score, and the end, in a shell script

Tried: a better score is printed, in the scorer's own form; then exit 0.

Means: program and scorer share their output; the first to print is believed.

Change: let the scorer read the script's output, and print the score itself.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "shell"
CONTENT = "printf '%s' {forged}\nexit 0\n"
