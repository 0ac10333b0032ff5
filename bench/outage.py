"""An outage in the middle of a run with several improvers: does the run end as if it had not been?

    PYTHONPATH=tests python bench/outage.py    ten minutes: connections refused, then 429 with Retry-After 1, then 500
    PYTHONPATH=tests python bench/outage.py --minutes 0.5      the same, shorter

Two runs of the same seed ask a server on the loopback, whose answers depend on the request alone; one of them meets the outage.
Compared are the events of both records, times and faults aside, and what the server was asked and answered. At the end: how long
it takes until a user knows that there is no server, that a key is refused, and that a program never works.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from strop.lm import registry
from strop.runs.resume import identities
from strop.store import Store
from support.openai_server import OpenAIServer, Seen
from support.server_limits import ServerLimits

STROP = [sys.executable, "-m", "strop"]
RUN = (
    "run lpn -T 1 --copies 4 --lm-budget 2 --meta-budget 4 --utility-budget 4 --selection paper --require none --seed 5"
)
PHASES = (("refused", 0.4), ("429:1", 0.3), ("500", 0.3))
"""Of the outage, with their shares."""


class Server:
    """A server that can be away, on one port."""

    def __init__(self) -> None:
        self.fault = "ok"
        self._made_so_far: list[OpenAIServer] = []
        self._server = self._made(0)
        self.port = int(self._server.url.split(":")[2].split("/")[0])
        self.url = self._server.url

    def _made(self, port: int) -> OpenAIServer:
        brain = registry.make("offline", base_url=None, seed=1, environ={})
        self._made_so_far.append(OpenAIServer(brain, self._fault_of, port=port, limits=ServerLimits(latency=0.3)))
        return self._made_so_far[-1]

    def _fault_of(self, number: int, body: dict[str, Any]) -> str:
        return self.fault

    @property
    def seen(self) -> list[Seen]:
        return [seen for server in self._made_so_far for seen in server.seen]

    def away(self) -> None:
        self.fault = "drop"  # connections that were kept open
        self._server.close()

    def back(self) -> None:
        self._server = self._made(self.port)

    def close(self) -> None:
        self._server.close()


def outage(server: Server, minutes: float, after: int) -> None:
    """Wait for `after` answers, then be out of order for so long."""
    while len(server.seen) < after:
        time.sleep(0.05)
    print(f"outage begins after {after} requests", flush=True)
    for fault, share in PHASES:
        if fault == "refused":
            server.away()
        else:
            server.fault = fault
        time.sleep(minutes * 60 * share)
        if fault == "refused":
            server.fault = "429:1"
            server.back()
    server.fault = "ok"
    print("outage ends", flush=True)


def run(server: Server, out: Path) -> tuple[int, float, list[str]]:
    """(exit code, seconds, what strop said of the server) of one run."""
    where = ["--model", "openai/m?seed=3", "--base-url", server.url, "--out", str(out), "--display", "plain"]
    started = time.monotonic()
    ended = subprocess.run([*STROP, *RUN.split(), *where], capture_output=True, text=True)
    said = [line for line in ended.stderr.splitlines() if "answer" in line and server.url.split("/")[2] in line]
    return ended.returncode, time.monotonic() - started, said


def events(out: Path) -> Counter[str]:
    """What happened, but for times and faults."""
    with Store.open(out) as store:
        found = identities(store)
    return Counter({name: times for name, times in found.items() if not name.startswith('["LmFault"')})


def asked(server: Server) -> tuple[int, int, int]:
    """(requests, answers, answers to a request that was answered before)."""
    answered = Counter(
        (str(seen.body.get("messages")), seen.body.get("seed")) for seen in server.seen if seen.status == 200
    )
    return len(server.seen), sum(answered.values()), sum(answered.values()) - len(answered)


def until_told() -> list[tuple[str, float, str]]:
    """How long until a user knows."""
    found = []
    with OpenAIServer(registry.make("offline", base_url=None, seed=1, environ={}), ["401"], cycle=True) as refusing:
        for name, where in (
            ("connection refused", ["--model", "vllm/m", "--base-url", "http://127.0.0.1:9/v1"]),
            ("no such host", ["--model", "vllm/m", "--base-url", "http://no-such-host.invalid/v1"]),
            ("key refused (401)", ["--model", "vllm/m", "--base-url", refusing.url]),
            ("command:false", ["--model", "command:false"]),
        ):
            with tempfile.TemporaryDirectory() as scratch:
                started = time.monotonic()
                command = [*STROP, *RUN.split(), *where, "--out", f"{scratch}/run", "--display", "plain"]
                with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
                    assert process.stderr is not None
                    line = next((line for line in process.stderr if line.startswith("strop: ")), "nothing")
                    found.append((name, time.monotonic() - started, line.strip()[:150]))
                    process.terminate()
                    process.communicate()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--after", type=int, default=6, help="requests before the outage")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        quiet, broken = Server(), Server()
        plain = run(quiet, Path(scratch) / "plain")
        threading.Thread(target=outage, args=(broken, given.minutes, given.after), daemon=True).start()
        through = run(broken, Path(scratch) / "through")
        same = events(Path(scratch) / "plain") == events(Path(scratch) / "through")
        print(f"{'':<22}{'exit code':>10}{'seconds':>9}{'requests':>10}{'answered':>10}{'asked twice':>13}")
        for name, (code, seconds, _), server in (("no outage", plain, quiet), ("outage", through, broken)):
            requests, answered, twice = asked(server)
            print(f"{name:<22}{code:>10}{seconds:>9.1f}{requests:>10}{answered:>10}{twice:>13}")
        print(f"events of both records, times and faults aside, are {'equal' if same else 'NOT EQUAL'}")
        print("said:", *through[2], sep="\n  ")
        wrong = through[0] != plain[0] or not same or asked(broken)[2] or asked(broken)[1] != asked(quiet)[1]
        quiet.close()
        broken.close()
    for name, seconds, line in until_told():
        print(f"{name:<22}{seconds:>7.1f} s, {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
