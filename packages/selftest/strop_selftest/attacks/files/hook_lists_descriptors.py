"""Leave a `sitecustomize` for the next process of the own room, which lists its descriptors before the program begins.

Must be observed: /dev/null, the file of what it prints, the pipes from and to the host, the socket of its orders, and nothing
else; by the links in /proc and by asking for every number. Source: a finding of our own: such hooks ran while the first
process's channel, namespaces and other guests' pipes were open.
"""

from strop_selftest.rooms import rooms

NUMBERS = ()
ROLE = "host"
PLACES = ("/copy/src/sitecustomize.py", "/copy/src/sitecustomize/__init__.py")
HOOK = """
import builtins, os, stat
own = {0: stat.S_IFCHR, 1: stat.S_IFREG, 2: stat.S_IFREG, 3: stat.S_IFIFO, 4: stat.S_IFIFO, 5: stat.S_IFSOCK}
found = []
for number in {*range(1 << 16), *map(int, os.listdir("/proc/self/fd"))}:
    try:
        if stat.S_IFMT(os.fstat(number).st_mode) != own.get(number):
            found.append("%d: %s" % (number, os.readlink("/proc/self/fd/%d" % number)))
    except OSError:
        pass
builtins.FOUND = [found or ["nothing else"]]
"""


def check(ground):
    with rooms() as tree:
        if tree is None:
            return []
        found = [tree.after(HOOK, place) for place in PLACES]
    return [f"{outcome}" for outcome in found if getattr(outcome, "value", None) != [["nothing else"]]]
