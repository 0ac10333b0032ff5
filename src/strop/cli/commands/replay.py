"""strop replay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strop.base.errors import ConfigurationError, LanguageModelError, ReplayDiffers
from strop.base.pluralize import quantity
from strop.base.temporary import TemporaryFolder
from strop.base.terminal_text import escape
from strop.options.commands import Json, Out, Run, TrustTask


def replay_command(
    run_directory: Run = None,
    /,
    *,
    out: Out = None,
    trust_task: TrustTask = False,
    as_json: Json = False,
) -> int:
    """Repeat finished work from its record, without a language model; compare every event and the result.

    Programs run and are scored again in the jail; responses come from the record. The exit code is 8 if something differs.

    Parameters
    ----------
    out
        Directory for the record of the replay. It is removed by default.
    """
    from strop.api.jobs import replayed
    from strop.api.lookup import find_run
    from strop.cli.commands.output import notify, present
    from strop.runs.run_directory import REPLAYED, command_of, load_run

    directory = find_run(run_directory)
    record = load_run(directory, believed=False)
    if record.unverified:
        reason, _, _ = record.unverified.rpartition("; ")
        notify(escape(f"{reason}; this replay measures it again", 2000))
    if record.kind not in REPLAYED:
        raise ConfigurationError(f"{directory} is the record of {command_of(record.kind)}, which cannot be replayed")
    if record.status != "finished":
        raise ConfigurationError(f"{directory} is not finished. To continue it first: strop resume {directory}")
    with _folder(out) as folder:
        try:
            compared = replayed(record, folder, trust=trust_task)
        except LanguageModelError as error:  # no model is asked: it is a request that the record does not have
            raise ReplayDiffers(f"not as recorded in {directory}: {error}") from error
    present(compared, as_json=as_json)
    if compared.differences:
        raise ReplayDiffers(f"not as recorded in {directory}: {quantity(len(compared.differences), 'place')}")
    return 0


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    with TemporaryFolder("strop-replay-") as made:
        yield made / "run"
