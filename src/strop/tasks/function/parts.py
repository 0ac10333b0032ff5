"""The functions that may change, of one file or of several, as one program text.

Of one file, a program is the text of its functions. Of several, it is a bundle (`strop.tasks.command.bundle`) of such texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from strop.base.errors import ConfigurationError, Malformed
from strop.base.later import dataclass
from strop.tasks.command.bundle import HEAD, bundled, unbundled
from strop.tasks.function.source import Source
from strop.tasks.function.splice import alone, functions_of, read_source


@dataclass(frozen=True)
class FilePart:
    """The functions of one file that may change."""

    path: str
    text: str
    """The text of the file, with its own line ends."""
    source: Source
    names: tuple[str, ...]

    @cached_property
    def seed(self) -> str:
        """The functions as improvers start from them."""
        return alone(self.source, self.names)


def parts_of(
    texts: Mapping[str, str], names: Sequence[str], decorated: str, shown: Mapping[str, Path] | None = None
) -> tuple[FilePart, ...]:
    """The parts of some files, path → text with its own line ends.

    `names` has the functions of the first file as `name`, and those of others as `path:name`. `shown`: paths as messages show
    them. For `decorated` see `Source`.

    Raises:
        ConfigurationError: a file is not Python.
    """
    first, parts = next(iter(texts)), list[FilePart]()
    for path, text in texts.items():
        source = replace(read_source((shown or {}).get(path, Path(path)), text), decorated=decorated)
        own = [name.rpartition(":")[2] for name in names if (name.rpartition(":")[0] or first) == path]
        parts.append(FilePart(path, text, source, tuple(own)))
    return tuple(parts)


def seed_of(parts: Sequence[FilePart]) -> str:
    """The program that improvers start from."""
    return bundled({part.path: part.seed for part in parts})


def made_of(
    parts: Sequence[FilePart], candidate: str, make: Callable[[Source, tuple[str, ...], str], str]
) -> dict[str, str]:
    """What `make` (`spliced`, `scored` or `with_definitions`) gives of each file for a candidate: path → text.

    A candidate of several files that names none is the text of the first file of which it defines a function.

    Raises:
        Malformed: the candidate is no bundle of these files, or `make` raises it for one of them.
    """
    texts = {part.path: candidate if len(parts) == 1 else part.seed for part in parts}
    if len(parts) > 1 and HEAD.search(candidate):
        texts = unbundled(candidate, texts, is_version=True)
    elif len(parts) > 1:
        texts[_place_of(parts, candidate)] = candidate
    made = dict[str, str]()
    for part in parts:
        try:
            made[part.path] = make(part.source, part.names, texts[part.path])
        except Malformed as error:
            raise Malformed(f"{part.path}: {error}" if len(parts) > 1 else str(error)) from error
    return made


def _place_of(parts: Sequence[FilePart], candidate: str) -> str:
    with suppress(ConfigurationError):
        defined = functions_of(read_source(Path("program"), candidate).tree.body)
        return next((part.path for part in parts if not defined.keys().isdisjoint(part.names)), parts[0].path)
    return parts[0].path
