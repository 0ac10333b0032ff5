"""How an option is spelled where its user meets strop: as a flag on the command line, as an argument in Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_has_flags = False


@contextmanager
def command_line() -> Iterator[None]:
    """Within the block, options are spelled as flags, in all threads of this process."""
    global _has_flags
    before, _has_flags = _has_flags, True
    try:
        yield
    finally:
        _has_flags = before


def has_flags() -> bool:
    """Whether options are spelled as flags in this process."""
    return _has_flags


def spell_flags(used: bool) -> None:
    """Spell options as the process that started this one does: `used` is its `has_flags()`."""
    global _has_flags
    _has_flags = used


def option(name: str) -> str:
    """The option `max_cost` as its user writes it: `--max-cost`, or in Python `max_cost`; `with_` is `--with`."""
    return f"--{name.rstrip('_').replace('_', '-')}" if _has_flags else name


def switched(key: str) -> str:
    """A key of strop.toml that is true, as its user writes it: `--set fixed_input=true`, or in Python `fixed_input=True`."""
    return f"--set {key}=true" if _has_flags else f"{key}=True"


def setting(key: str) -> str:
    """A key of strop.toml that is no flag, as its user writes it: `--set time_limit`, or in Python `time_limit`."""
    return f"--set {key}" if _has_flags else key
