"""A Go program that does nothing

Tried: the file with main() becomes an empty func main.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "go"
CONTENT = "package main\n\nfunc main() {}\n"
