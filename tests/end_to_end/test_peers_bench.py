"""The parts of `bench/peers` that need no environment of another system."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

PEERS = Path(__file__).parents[2] / "bench" / "peers"


def peers_module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"peers_{name}", PEERS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(url: str, **body: object) -> list[str]:
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps({"messages": [], **body}).encode())
    with urllib.request.urlopen(request) as response:
        return [choice["message"]["content"] for choice in json.load(response)["choices"]]


def test_the_server_gives_answer_k_to_request_k_until_the_answers_are_used_up() -> None:
    with peers_module("server").Server(lambda number, body: f"answer {number}", limit=3) as server:
        assert ask(server.url) == ["answer 0"]
        assert ask(server.url, n=2) == ["answer 1", "answer 2"]
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(server.url)
        assert len(server.asked) == 3


@pytest.mark.slow
def test_the_speed_table_has_a_rate_for_strop_and_for_bare_forks(tmp_path: Path) -> None:
    options = ["--candidates", "4", "--rounds", "1", "--systems", "strop", "bare forks", "--json"]
    done = subprocess.run(
        [sys.executable, PEERS, "speed", "--environments", tmp_path, *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document["rates"]) == {"strop", "bare forks"}
    assert all(rate > 0 for rate in document["rates"].values())
    assert [row["error"] for row in document["rows"]] == ["", ""]
