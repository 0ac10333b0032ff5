"""strop audit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from strop.analysis.audit import UNREADABLE
from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError
from strop.base.terminal_text import escape
from strop.cli.commands.options import Json
from strop.cli.commands.output import present, record_in
from strop.runs.options import Switch
from strop.runs.results.audited import AuditedProgram, AuditedRun, AuditedText, AuditRules, audited, audited_run

FOUND = 6
"""Exit code for findings, if --fail-on asks for it."""
_LONGEST = 4_000_000
"""Bytes of a file. The syntax rules read less, the literal rule and the digest all of it."""


def audit_command(
    what: Path | None = None,
    /,
    *,
    show: str | None = None,
    rules: Annotated[bool, Switch] = False,
    fail_on: Literal["nothing", "unsandboxing", "any"] = "nothing",
    as_json: Json = False,
) -> int:
    """Report forbidden behavior of programs: rules on their text, and events noted while they ran.

    Parameters
    ----------
    what
        File with one program, or a run whose programs are all audited. A run is its directory or the end of its name; the newest
        in runs/ by default.
    show
        Digest, or its first digits, of a program of the run: print it with line numbers.
    rules
        List the rules instead.
    fail_on
        Exit with code 6 on any finding, or on unsandboxing only. By default findings are not a failure.
    """
    if rules:
        present(AuditRules(), as_json=as_json)
        return 0
    if what is not None and what.exists() and not what.is_dir():
        if show is not None:
            raise ConfigurationError("--show selects a program of a run; a file has only one program")
        program = audited(read_program(what))
        present(AuditedText(**vars(program), program=str(what)), as_json=as_json)
        return _exit_code([program], fail_on)
    return _audit_run(what, show, fail_on, as_json=as_json)


def _audit_run(run: Path | None, digest: str | None, fail_on: str, *, as_json: bool) -> int:
    directory = _directory(run)
    with record_in(directory, as_json=as_json) as store:
        audit, unverified = audited_run(store.events(), directory), store.unverified
    if digest is None:
        present(audit, as_json=as_json, unverified=unverified)
        return _exit_code(audit.every, fail_on)
    program = _named(audit, digest)
    text = AuditedText(**vars(program), program=program.digest)
    present(text, as_json=as_json, unverified=unverified, numbered=True)
    return 0


def read_program(path: Path) -> str:
    """The text of a file. Bytes that are not UTF-8 become lone surrogates, which no program has.

    Raises:
        ConfigurationError: it is too long for a program, and an audit of a part would be taken for one of the whole.
    """
    with path.open("rb") as file:
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise ConfigurationError(f"{path} is too long for a program: more than {_LONGEST:,} bytes")
    return data.decode("utf-8-sig", "surrogateescape")


def _directory(run: Path | None) -> Path:
    try:
        return find_run(run)
    except ConfigurationError as error:
        if run is not None and not run.exists():
            raise ConfigurationError(f"there is no file {run}, and {error}") from error
        raise


def _named(audit: AuditedRun, digest: str) -> AuditedProgram:
    """The program whose digest starts with `digest`."""
    matching = [program for program in audit.every if program.digest.startswith(digest.lower())]
    if len(matching) != 1 or not digest:
        count = "no program of this run has" if not matching else f"{len(matching)} programs of this run have"
        raise ConfigurationError(f"{count} a digest that starts with {escape(digest, 64)!r}")
    return matching[0]


def _exit_code(programs: Sequence[AuditedProgram], fail_on: str) -> int:
    if fail_on == "unsandboxing":
        return FOUND if any(program.unsandboxing for program in programs) else 0
    if fail_on == "any":
        findings = (finding for program in programs for finding in program.findings)
        return FOUND if any(finding.rule != UNREADABLE for finding in findings) else 0
    return 0
