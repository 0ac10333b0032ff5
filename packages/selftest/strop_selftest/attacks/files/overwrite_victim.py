"""Overwrite a file of the host, as a forged reward file would be.

Must be observed: its bytes are unchanged. Source: OpenEnv issue 1199.
"""

NUMBERS = (103,)
ROLE = "solution"


def attack(targets):
    with open(targets["file"], "r+") as file:
        file.write("1.0")
    return "overwrote"
