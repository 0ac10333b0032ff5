"""A site of strop view on a thread of its own, records that grow, and requests to it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from strop.base.events import (
    AuditNoted,
    Evaluated,
    Event,
    ImproveStarted,
    IterationStarted,
    LmCalled,
    LmFault,
    RunFinished,
    RunStarted,
)
from strop.report.html.server import HOST, Site, WebServer
from strop.runs.spec import RunSpec
from strop.store import Store
from support import records
from support.processes import wait_until

SEED = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"


class Served:
    """Where a site is, and ways to ask it."""

    def __init__(self, server: WebServer) -> None:
        self.server, self.access = server, server.access

    @property
    def url(self) -> str:
        return self.access.address

    def get(self, path: str = "/", *, token: str | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
        """(status, headers, body) of one request; with the right token unless another, or an empty one, is given."""
        with self.opened(path, token=token, **headers) as answer:
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()

    @contextmanager
    def opened(
        self, path: str, *, token: str | None = None, method: str = "GET", **headers: str
    ) -> Iterator[http.client.HTTPResponse]:
        """An answer that is still to be read."""
        given = self.access.token if token is None else token
        sign = "&" if "?" in path else "?"
        connection = http.client.HTTPConnection(HOST, self.access.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, f"{path}{sign}token={given}" if given else path, headers=named)
            yield connection.getresponse()
        finally:
            connection.close()

    def state(self, path: str = "/state") -> dict[str, Any]:
        """The state that a page asks for."""
        return dict(json.loads(self.get(path)[2]))

    def until(self, condition: Callable[[dict[str, Any]], bool], path: str = "/state") -> dict[str, Any]:
        """The first state that fulfils a condition."""
        states: list[dict[str, Any]] = []

        def fulfils() -> bool:
            states.append(self.state(path))
            return condition(states[-1])

        wait_until(fulfils)
        return states[-1]


@contextmanager
def served(directory: Path, *, folder: bool = False) -> Iterator[Served]:
    """Serve a run, or a folder of runs."""
    server = WebServer(0, Site(directory, folder=folder))
    with running(server):
        yield Served(server)


@contextmanager
def running(server: WebServer) -> Iterator[None]:
    """A server on a thread."""
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)
        assert not thread.is_alive()


def begun(directory: Path, *, task: str = "lpn", kind: str = "run") -> Store:
    """The record of a run that has just begun; its writer."""
    spec = json.loads(RunSpec(task=task).to_json())
    model = {"language_model": "offline", "is_language_model": "false"}
    store = Store.create(directory, {"kind": kind, "task": task, "spec": json.dumps(spec), **model})
    store.append(
        RunStarted(scope="", spec=spec, environment={"strop": "0.1.0"}, posture={"protections": {}, "layers": {}})
    )
    return store


def iteration(t: int, text: str = SEED, *, accepted: bool = True, reason: str = "") -> list[Event]:
    """An iteration with one evaluation, one LM call and a candidate."""
    scope, values = f"t{t}/improve", (0.5 + t / 20, 0.6)
    chosen = {"candidate": text, "accepted": accepted, "reason": reason, "parent": None if t == 0 else t - 1}
    measured = {"train": values, "test": values, "evaluations": 1, "verdicts": {"ok": 1}}
    return [
        IterationStarted(scope=f"t{t}", t=t, improver=SEED),
        ImproveStarted(scope=scope, improver=SEED, initial_solution=SEED, utility="self-improvement"),
        LmCalled(scope=scope, call=0, expertise="an expert", messages=(f"improve {t}",), temperature=0.7, cost=1),
        records.responded(text, 0, scope),
        evaluated(f"{scope}/u-1", text, "self-improvement", 0.5 + t / 20),
        evaluated(f"t{t}/measure/copy0", text, "lpn", 0.5),
        records.iterated(t, text if accepted else SEED, **chosen, **measured),
    ]


def evaluated(scope: str, solution: str, utility: str = "lpn", value: float = 0.5, *, error: str = "") -> Evaluated:
    verdict = "raised" if error else "ok"
    ended = {"verdict": verdict, "scores": (value,), "verdicts": (verdict,), "error": error}
    used = {"cpu_seconds": 0.1, "wall_seconds": 0.2, "notes": (error,) if error else ()}
    return records.evaluated(solution, value, scope, utility=utility, **ended, **used)


def hostile(number: int, text: str) -> list[Event]:
    """Everywhere where a model, a scorer or a program says something, it says `text`."""
    scope = f"t1/improve/u-{number}"
    return [
        LmCalled(scope=scope, call=number, expertise=text, messages=(text,), temperature=0.7, cost=1),
        LmFault(scope=scope, call=number, index=0, fault="retry", detail=text, attempt=1, waited_seconds=0.0),
        records.responded(text, 0, scope, call=number, model=text[:200], reasoning=text),
        evaluated(scope, text, "self-improvement", 0.4, error=text),
        AuditNoted(scope=scope, rule="looking", detail=text, program=text, line=1),
    ]


def finished(detail: str = "") -> RunFinished:
    return RunFinished(scope="", status="finished", detail=detail)


def write(store: Store, events: list[Event]) -> None:
    for event in events:
        store.append(event)
