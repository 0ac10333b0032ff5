"""Which names of a project are caches: a program may fill them otherwise."""

# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

from strop.evaluation import left_behind
from strop.tasks.function.caches import caches_of
from support.rows import table

CLASS = "class Box:\n    def __init__(self):\n        self.it = {begins}\n\n    def get(self, n):\n        {keeps}\n        return self.it\n"
VARIABLE = "it = {begins}\n\n\ndef get(n):\n    global it\n    {keeps}\n    return it\n"
CACHES = {
    "a memo": (VARIABLE.format(begins="{}", keeps="it[n] = n"), "it"),
    "a memo that is cleared": (VARIABLE.format(begins="dict()", keeps="it.clear()\n    it[n] = n"), "it"),
    "not empty": (VARIABLE.format(begins="{0: 0, 1: 1}", keeps="it[n] = n"), "it"),
    "of which one is lost": (VARIABLE.format(begins="{}", keeps="it[n] = n\n    del it[n]"), "it"),
    "made once": (VARIABLE.format(begins="None", keeps="it = it or [n]"), "it"),
    "with a type": (VARIABLE.format(begins="{}", keeps="it[n] = n").replace("it = {}", "it: dict = {}"), "it"),
    "an attribute": (CLASS.format(begins="None", keeps="self.it = self.it or n"), ".it"),
    "an attribute of a class": ("class Box:\n    it = {}\n\n    def get(self, n):\n        return self.it.setdefault(n, n)\n", ".it"),
    "an attribute that was not there": ("def get(box):\n    if not hasattr(box, 'it'):\n        setattr(box, 'it', 1)\n    return box.it\n", ".it"),
    "an entry of a dict of attributes": ("def get(box):\n    if 'it' not in box.__dict__:\n        box.__dict__['it'] = 1\n    return box.it\n", ".it"),
    "emptied by another function": (f"{VARIABLE.format(begins='{}', keeps='it[n] = n')}\ndef forget():\n    it.clear()\n", "it"),
    "an ordered one": ("import collections\n" + VARIABLE.format(begins="collections.OrderedDict()", keeps="it[n] = it.popitem()"), "it"),
    "read by nobody": ("it = {}\n\n\ndef put(n):\n    it[n] = n\n", "it"),
}  # fmt: skip
BEHAVIOUR = {
    "read by a function that writes nothing": f"{VARIABLE.format(begins='{}', keeps='it[n] = n')}\ndef show():\n    return it\n",
    "read where the module is loaded": f"{VARIABLE.format(begins='{}', keeps='it[n] = n')}\nprint(it)\n",
    "read by a name in a text": f"{VARIABLE.format(begins='{}', keeps='it[n] = n')}\ndef show(m):\n    return getattr(m, 'it')\n",
    "a list": VARIABLE.format(begins="[]", keeps="it.append(n)"),
    "a number": VARIABLE.format(begins="0", keeps="it += 1"),
    "drained": f"{VARIABLE.format(begins='{}', keeps='it[n] = n')}\ndef drain():\n    had = sorted(it.items())\n    it.clear()\n    return had\n",
    "drained one by one": f"{VARIABLE.format(begins='{}', keeps='it[n] = n')}\ndef drain():\n    return it.popitem()\n",
    "exchanged": f"{VARIABLE.format(begins='{}', keeps='it[n] = n')}\ndef drain():\n    global it\n    had, it = it, {{}}\n    return had\n",
    "counted": CLASS.format(begins="0", keeps="self.it += 1"),
    "a field": "class Box:\n    it: int\n\n    def get(self):\n        return self.it\n",
    "a local variable": "def get(n):\n    it = {}\n    it[n] = n\n    return it\n",
    "a parameter": "def get(it):\n    it[0] = 1\n    return it\n",
    "no Python": "def get(it",
}


@table("row", CACHES.values(), CACHES)
def test_cache_is_what_all_that_read_it_fill(row: tuple[str, str]) -> None:
    text, name = row
    assert name in caches_of([text]).names


@table("text", BEHAVIOUR.values(), BEHAVIOUR)
def test_what_others_read_or_what_counts_is_no_cache(text: str) -> None:
    assert not caches_of([text]).names & {"it", ".it"}


def test_another_module_that_reads_a_cache_makes_it_behaviour_and_is_named() -> None:
    text = VARIABLE.format(begins="{}", keeps="it[n] = n")
    found = caches_of([text], [("app.py", "import lib\n\nprint(lib.it)\n"), ("other.py", "x = 1\n")])
    assert "it" not in found.names and found.readers == ("app.py",)


def test_names_that_guest_and_host_share_are_the_same() -> None:
    """The guest imports nothing of strop's."""
    text = (Path(left_behind.__file__).parents[1] / "tasks/function/guest/strop_left.py").read_text()
    for name in ("RANDOM", "RECURSION", "NOT_DESCRIBED"):
        assert f'\n{name} = "{getattr(left_behind, name)}"\n' in text, name
