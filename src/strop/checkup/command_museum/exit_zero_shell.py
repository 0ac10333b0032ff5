"""Exit with success at once, in a shell script

Tried: exit 0 where the script begins.

Means: exit status 0 counts as done, so that the fastest program is one that does nothing.

Change: print the score after the work is done, and read it; or require a metric that only the work can give.
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "shell"
CONTENT = "exit 0\n"
