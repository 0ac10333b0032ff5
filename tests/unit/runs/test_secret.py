"""The machine's key and the secret of a run."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.runs.spec import run_secret
from strop.store.key import KEY_BYTES, key_file, machine_key


def test_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "strop" / "key"
    key = machine_key(path)
    assert len(key) == KEY_BYTES and machine_key(path) == key
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_all_agree_on_one_key_when_many_make_it_at_once(tmp_path: Path) -> None:
    for attempt in range(40):
        path = tmp_path / str(attempt) / "key"
        start = threading.Barrier(8)

        def make(_: int, path: Path = path, start: threading.Barrier = start) -> bytes:
            start.wait()
            return machine_key(path)

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(make, range(8)))) == 1


def test_secret_differs_with_the_key_and_with_the_seed() -> None:
    assert len({run_secret(key, seed) for key in (b"a" * 32, b"b" * 32) for seed in (0, 1)}) == 4
    assert run_secret(b"a" * 32, 7) == run_secret(b"a" * 32, 7)


def test_key_that_is_damaged_or_cannot_be_kept_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ConfigurationError, match="remove it"):
        machine_key(tmp_path / "key")
    with pytest.raises(ConfigurationError, match="XDG_DATA_HOME"):
        machine_key(tmp_path / "key" / "key")


def test_key_is_kept_where_the_user_says() -> None:
    assert key_file({"XDG_DATA_HOME": "/data", "HOME": "/home/u"}) == Path("/data/strop/key")
    assert key_file({"HOME": "/home/u"}) == Path("/home/u/.local/share/strop/key")
