"""Reach the host's files from code that a solution runs with `exec`.

Must be observed: code made at run time has no other rights than the solution; the file is not read.
Source: the paper, section 6.2.
"""

NUMBERS = (3,)
ROLE = "solution"
PROTECTION = "read"


def attack(targets):
    namespace = {"path": targets["file"]}
    exec("with open(path) as file:\n    read = file.read()", namespace)
    return namespace["read"]
