"""Reach the host's files through `eval` of a compiled `exec` of an `__import__`: what a filter of words would have to see.

Must be observed: the nesting changes nothing; the file is not read.
Source: the paper, section 6.2.
"""

NUMBERS = (3,)
ROLE = "solution"
PROTECTION = "read"


def attack(targets):
    inner = f"found.append(__import__('io').open({targets['file']!r}).read())"
    found = []
    eval(compile(f"exec(compile({inner!r}, 'inner', 'exec'))", "outer", "eval"), {"found": found})
    return found[0]
