"""strop audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.analysis.audit import RULES_VERSION, UNREADABLE
from strop.api.finding import find_run
from strop.base.errors import ConfigurationError
from strop.cli.commands.options import Json
from strop.cli.commands.output import print_document, reading, results
from strop.report.terminal.audit import (
    Audited,
    RunAudit,
    audit_run,
    audited,
    print_program,
    print_rules,
    print_run_audit,
    print_text,
    program_document,
    rules_document,
    run_audit_document,
)
from strop.report.terminal.words import escape
from strop.store import Store

FOUND = 6
"""Exit code where findings were asked to be a failure."""
_LONGEST = 4_000_000
"""Bytes of a file; the syntax rules read less, the literal rule and the digest all of it."""


def audit_command(
    what: Path | None = None,
    /,
    *,
    show: str | None = None,
    rules: Annotated[bool, Parameter(negative="")] = False,
    fail_on: Literal["nothing", "unsandboxing", "any"] = "nothing",
    as_json: Json = False,
) -> int:
    """Report forbidden behaviour of programs: rules on their text, and events noted while they ran.

    Parameters
    ----------
    what
        A file with one program; or a run (its directory, or the end of its name), of which every program is audited. The newest
        run in `runs` when not given.
    show
        Print the program of the run whose digest begins so, with line numbers.
    rules
        List the rules instead.
    fail_on
        End with exit code 6 when any finding is there, or one that counts as unsandboxing. Otherwise findings are no failure.
    """
    if rules:
        if as_json:
            print_document({"rules_version": RULES_VERSION, "rules": rules_document()})
        else:
            print_rules(results())
        return 0
    if what is not None and what.exists() and not what.is_dir():
        if show is not None:
            raise ConfigurationError("--show is for the programs of a run; a file shows itself")
        return _audit_file(what, fail_on, as_json=as_json)
    return _audit_run(what, show, fail_on, as_json=as_json)


def _audit_file(path: Path, fail_on: str, *, as_json: bool) -> int:
    program = audited(read_program(path))
    if as_json:
        print_document({"program": str(path), "rules_version": RULES_VERSION, **program_document(program)})
    else:
        print_program(program, results())
    return _exit_code([program], fail_on)


def _audit_run(run: Path | None, show: str | None, fail_on: str, *, as_json: bool) -> int:
    directory = _directory(run)
    with reading(directory), Store.open(directory) as store:
        audit = audit_run(store.events())
    if show is not None:
        program = _named(audit, show)
        if as_json:
            print_document({"program": program.digest, "text": program.text, **program_document(program)})
        else:
            print_text(program, results())
        return 0
    if as_json:
        print_document(run_audit_document(audit, str(directory)))
    else:
        print_run_audit(audit, results())
    return _exit_code(audit.programs, fail_on)


def read_program(path: Path) -> str:
    """The text of a file; bytes that are no UTF-8 stay in it as lone surrogates, which no program has.

    Raises:
        ConfigurationError: it is so long that it is no program; what would be said of a part of it would be said of the whole.
    """
    with path.open("rb") as file:
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise ConfigurationError(f"{path} is longer than {_LONGEST:,} bytes, which no program is")
    return data.decode("utf-8", "surrogateescape")


def _directory(run: Path | None) -> Path:
    try:
        return find_run(run)
    except ConfigurationError as error:
        if run is not None and not run.exists():
            raise ConfigurationError(f"there is no file {run}, and {error}") from error
        raise


def _named(audit: RunAudit, digest: str) -> Audited:
    """The program whose digest begins so."""
    found = [program for program in audit.programs if program.digest.startswith(digest.lower())]
    if len(found) != 1 or not digest:
        count = "no program" if not found else f"{len(found)} programs"
        raise ConfigurationError(f"{count} of this run has a digest that begins with {escape(digest, 64)!r}")
    return found[0]


def _exit_code(programs: list[Audited], fail_on: str) -> int:
    if fail_on == "unsandboxing":
        return FOUND if any(program.unsandboxing for program in programs) else 0
    if fail_on == "any":
        found = (finding for program in programs for finding in program.findings)
        return FOUND if any(finding.rule != UNREADABLE for finding in found) else 0
    return 0
