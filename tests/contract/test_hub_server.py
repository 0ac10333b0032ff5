"""The stand-in for a model hub, for whoever uses it by itself."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from support.hub_server import HubServer, files_of


def test_hub_server_gives_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.gguf").write_bytes(b"GGUF!")
    assert files_of(tmp_path) == {"a/b/c.gguf": b"GGUF!"}
    command = [sys.executable, "-m", "support.hub_server", str(tmp_path), "--faults", "cut:2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    try:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        with closing(urllib.request.urlopen(f"{url}/api/models/a/b/tree/main")) as answer:
            assert [entry["path"] for entry in json.load(answer)] == ["c.gguf"]
        with closing(urllib.request.urlopen(f"{url}/a/b/resolve/main/c.gguf")) as cut:
            assert (cut.headers["Content-Length"], cut.read(2)) == ("5", b"GG")
        asked = urllib.request.Request(f"{url}/a/b/resolve/main/c.gguf", headers={"Range": "bytes=3-"})
        with closing(urllib.request.urlopen(asked)) as rest:
            assert (rest.status, rest.read()) == (206, b"F!")
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("fault", ["cut", "cut:x", "600", "late", "ok:1"])
def test_hub_server_refuses_faults_that_it_does_not_know(fault: str) -> None:
    with pytest.raises(ValueError, match="no fault"):
        HubServer({}, [fault])
