"""The process of a local model, as far as it is known without the extra `local`."""

from __future__ import annotations

import pytest

from strop.lm.local.server import ending_of


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, "with exit code 3"),
        (0, "with exit code 0"),
        (-15, "by SIGTERM"),
        (-9, "by SIGKILL (out of memory?)"),
        (-200, "by signal 200"),
        (None, "with exit code None"),
    ],
)
def test_ending_of_a_server_names_its_exit_code_or_its_signal(code: int | None, words: str) -> None:
    assert ending_of(code) == words
