"""The answers of a run's language model as a file that travels, for `--model recorded:FILE` (strop.lm.recorded)."""

from __future__ import annotations

from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.lm.recorded import answer_line, head_line
from strop.lm.replay import key_of
from strop.runs.resume import answers, requests
from strop.store import Store


def write_answers(store: Store, path: Path) -> int:
    """Write every answer of the record to `path`, in the order in which they were asked for; how many there were.

    Raises:
        ConfigurationError: there is such a file already, or it cannot be written.
    """
    known, meta = answers(store), store.meta
    lines = [head_line(meta.get("language_model", ""), meta.get("is_language_model") == "true")]
    for request in requests(store):
        completion = known.get(key_of(request))
        if completion is not None:
            lines.append(answer_line(request, completion))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError:
        raise ConfigurationError(f"--answers {path} exists already; name a new file") from None
    except OSError as error:
        raise ConfigurationError(f"--answers {path} cannot be written: {error.strerror}") from error
    return len(lines) - 1
