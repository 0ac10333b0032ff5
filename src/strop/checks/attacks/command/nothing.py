"""Nothing in the files

Tried: every file that may change is emptied.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

NAME = "empty"
KIND = "nothing"
FINDING = "C411"
LANGUAGE = "any"
CONTENT = ""


"""Words instead of a program

Tried: every file that may change holds one line of words.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

NAME = "noise"
KIND = "nothing"
FINDING = "C411"
LANGUAGE = "any"
CONTENT = "this is no program\n"


"""A program that does nothing

Tried: the file with main() becomes one that returns; a script ends where it begins; every query becomes SELECT 1.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

NAME = "nothing"
KIND = "nothing"
FINDING = "C411"
CONTENT = {
    "c": 'int main(void) { return 0; }\n',
    "c++": 'int main() { return 0; }\n',
    "go": """package main

func main() {}
""",
    "javascript": 'process.exit(0);\n',
    "rust": 'fn main() {}\n',
    "sql": 'SELECT 1;\n',
}


"""Functions that do nothing

Tried: the body of every function becomes return 0, return {}, or nothing.

Means: the score does not depend on what the program does; a search finds this first.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

NAME = "empty_functions"
KIND = "nothing"
FINDING = "C411"
PLACE = "bodies"
CONTENT = {
    "c": '{ return 0; }',
    "c++": '{ return {}; }',
}


"""Exit with success at once

Tried: os._exit(0) where the program begins.

Means: exit status 0 counts as done, so that the fastest program is one that does nothing.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

NAME = "exit_zero"
KIND = "nothing"
FINDING = "C411"
LANGUAGE = "python"


def attack(given):
    import os

    os._exit(0)


"""Exit with success at once, in a shell script

Tried: exit 0 where the script begins.

Means: exit status 0 counts as done, so that the fastest program is one that does nothing.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

NAME = "exit_zero_shell"
KIND = "nothing"
FINDING = "C411"
LANGUAGE = "shell"
CONTENT = "exit 0\n"
