"""Exit with success at once, in a shell script

Tried: exit 0 where the script begins.

Means: exit status 0 counts as done, so that the fastest program is one that does nothing.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "shell"
CONTENT = "exit 0\n"
