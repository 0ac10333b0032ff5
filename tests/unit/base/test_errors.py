"""What is behind an error is known by its number."""

from __future__ import annotations

import errno
import pickle

from strop.base.errors import ConfigurationError, SandboxError, system_error


def test_number_of_the_systems_error_is_known_through_every_error_that_it_caused_and_in_another_process() -> None:
    error = SandboxError("no guest")
    error.__cause__ = ConfigurationError("no file")
    error.__cause__.__cause__ = OSError(errno.EMFILE, "Too many open files")
    for each in (error, pickle.loads(pickle.dumps(error))):
        found = system_error(each)
        assert found is not None and (str(each), found.errno) == ("no guest", errno.EMFILE)
    assert system_error(SandboxError("Too many open files")) is None
