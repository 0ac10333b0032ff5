"""The original's program with a spoiler at work in it (`carrier`), whatever language it is in.

A file of Python gets the carrier itself. A program in another language begins by giving its place to one in Python, which runs it
again as it was, and spoils what it prints and writes.
"""

from __future__ import annotations

import base64
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from strop.checks.attack import Language, spoiling_texts
from strop.checks.candidates import QUOTES, behind_interpreter, first_statement, has_main, is_of
from strop.checks.carrier import INNER

_LITERAL = 1000
_MAKE = """
def _strop_carrier():
    import sys
    import types

    for name, text in {texts!r}.items():
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(text, name, "exec"), module.__dict__)
    return module.Carrier({name!r}, {variant!r}, {must_change!r}, {files!r}, {others!r})


_strop_carrier = _strop_carrier()
"""
_CATCH = """if __name__ == "__main__" and {streams!r}:
    _strop_carrier.catch({results!r})
"""
_RERUN = """import sys
_strop_carrier.rerun(sys.argv[1:], {results!r}, {own!r}, {text!r})
"""
_GIVES_PLACE: Mapping[Language, str] = {
    "shell": '[ -n "$INNER" ] || exec {python} -ISc {code} "$(readlink /proc/$$/exe)" "$0" "$@"\n',
    "perl": "BEGIN { exec {python}, '-ISc', {code}, $^X, $0, @ARGV unless $ENV{INNER} }\n",
    "javascript": """if (!process.env.INNER) {
    const given = ["-ISc", {code}, process.execPath, ...process.argv.slice(1)];
    process.exit(require("child_process").spawnSync({python}, given, { stdio: "inherit" }).status ?? 1);
}
""",
    "awk": "BEGIN { {command} exit system(c) }\n",
    "c": """
extern char *getenv(const char *);
extern int execv(const char *, char *const[]);
extern long readlink(const char *, char *, unsigned long);
__attribute__((constructor)) static void strop_gives_place(int argc, char **argv)
{
    static char own[4096];
    static char *given[256] = {{python}, "-ISc", {code}, own};
    int at;
    if (getenv("INNER") || argc > 250 || readlink("/proc/self/exe", own, sizeof own - 1) < 1)
        return;
    for (at = 1; at < argc; at++)
        given[at + 3] = argv[at];
    execv(given[0], given);
}
""",
}
"""By language: what stands before a program, or behind it in C, and in place of it in awk."""


@dataclass(frozen=True)
class Carriage:
    """What of a program is spoiled."""

    streams: bool
    """Whether what a script prints and writes is, too."""
    results: Sequence[str] = ()
    """Files that are left alone."""
    must_change: bool = False
    """See `carrier.Carrier`."""
    others: Sequence[str] = ()
    """What a script prints with other seeds."""


def carried(name: str, variant: object, program: Mapping[str, str], how: Carriage) -> dict[str, str] | None:
    """The program's files with a spoiler at work in each whose language is known; None if there is none."""
    names = [PurePosixPath(path).name for path in how.results]
    facts = {"name": name, "variant": variant, "must_change": how.must_change, "others": list(how.others)}
    make = _MAKE.format(texts=spoiling_texts("carrier"), files=list(program), **facts)
    files = {}
    for path, text in program.items():
        language = next((one for one in _GIVES_PLACE if is_of(one, path, text)), None)
        if is_of("python", path, text):
            lines, at = text.splitlines(keepends=True), first_statement(text)
            head = make + _CATCH.format(streams=how.streams, results=names)
            files[path] = "".join([*lines[:at], head, *lines[at:], "\n\n_strop_carrier.wrap(globals())\n"])
        elif how.streams and language and (language != "c" or has_main(text)):
            own = PurePosixPath(path).name
            runs = _RERUN.format(own=own, text=text if language == "awk" else "", results=names)
            files[path] = _giving_place(language, text, make + runs)
    return {**program, **files} if files else None


def _giving_place(language: Language, text: str, runs: str) -> str:
    packed = base64.b64encode(zlib.compress(runs.encode(), 9)).decode()
    code = f"import zlib,base64;exec(zlib.decompress(base64.b64decode('{packed}')))"
    quote, shell = QUOTES[language], QUOTES["shell"]
    if language == "awk":  # whose literals may not be long
        command = f"{shell(sys.executable)} -ISc {shell(code)}"
        pieces = (command[at : at + _LITERAL] for at in range(0, len(command), _LITERAL))
        return _GIVES_PLACE["awk"].replace("{command}", "".join(f"c = c {quote(piece)}; " for piece in pieces))
    place = _GIVES_PLACE[language].replace("INNER", INNER)
    place = place.replace("{python}", quote(sys.executable)).replace("{code}", quote(code))
    head, rest = behind_interpreter(text)
    return text + place if language == "c" else head + place + rest
