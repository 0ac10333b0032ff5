"""C++ functions that do nothing

Tried: the body of every function becomes return {}, or nothing.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "c++"
PLACE = "bodies"
CONTENT = "{ return {}; }"
