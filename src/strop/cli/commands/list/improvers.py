"""strop list improvers."""

from __future__ import annotations

from strop.options.commands import Json


def improvers_command(name: str | None = None, /, *, as_json: Json = False) -> int:
    """List the improvers of strop and of installed distributions. Any file with improve_algorithm is an improver, too.

    Parameters
    ----------
    name
        Improver to print: a name, a file, or RUN:t.
    """
    from strop.api.lookup import any_improver_text
    from strop.cli.commands.output import present
    from strop.runs.results.listings import all_improvers, improver_program

    listing = all_improvers() if name is None else improver_program(name, any_improver_text(name))
    present(listing, as_json=as_json)
    return 0
