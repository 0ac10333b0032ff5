"""What a slow model costs: a run's wall time beside the critical path of its LM calls, and requests in flight over time.

    PYTHONPATH=tests python bench/latency.py --out FOLDER                     # a minute or two; writes FOLDER/in_flight.png
    PYTHONPATH=tests python bench/latency.py --out FOLDER --selection gated

A whole `strop run` asks a real server on the loopback that takes one second for each answer. The critical path is the longest
chain of LM calls of which each has to wait for the one before, from the record: copies of a task do not wait for one
another; what one improver asks does, and so do iterations. No scheduling can end a run before it. What is above it is strop's
own: programs that are evaluated, jails that are started, and the record.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import itertools

import matplotlib.pyplot as plt

from strop.base.events import LmCalled, LmResponded
from strop.lm.offline import Offline
from strop.store import Store
from support.openai_server import OpenAIServer
from support.server_limits import ServerLimits

FLAGS = ["--seed", "7", "-T", "2", "--copies", "5", "--lm-budget", "2", "--max-responses", "3", "--meta-budget", "4"]


@dataclass
class Node:
    """A scope of the record, with its LM calls as (start, end) in seconds, and the scopes inside."""

    calls: list[tuple[float, float]] = field(default_factory=list)
    inside: dict[str, Node] = field(default_factory=lambda: defaultdict(Node))

    def span(self) -> tuple[float, float]:
        spans = [*self.calls, *(node.span() for node in self.inside.values())]
        return min(start for start, _ in spans), max(end for _, end in spans)

    def critical(self) -> float:
        """Seconds of the longest chain of LM calls in here."""
        copies = [node.critical() for name, node in self.inside.items() if name.startswith("copy")]
        others = [node for name, node in self.inside.items() if not name.startswith("copy")]
        items = [(start, end, end - start) for start, end in self.calls]
        items += [(*node.span(), node.critical()) for node in others]
        return longest(items) + max(copies, default=0.0)


def longest(items: Sequence[tuple[float, float, float]]) -> float:
    """The most weight in a chain of (start, end, weight) of which none begins before the one before has ended."""
    best: list[tuple[float, float]] = []
    for start, end, weight in sorted(items, key=lambda item: item[1]):
        before = max((length for ended, length in best if ended <= start), default=0.0)
        best.append((end, before + weight))
    return max((length for _, length in best), default=0.0)


def calls_of(record: Path) -> Node:
    """The tree of LM calls of a run; answers that were given again took no time and are left out."""
    root, open_calls, ends = Node(), {}, {}
    with Store.open(record) as store:
        for stored in store.events(LmCalled, LmResponded):
            key = (stored.event.scope, stored.event.call)
            if isinstance(stored.event, LmCalled):
                open_calls[key] = stored.at
            elif not stored.event.again:
                ends[key] = stored.at
    for (scope, call), end in ends.items():
        node = root
        for part in scope.split("/"):
            node = node.inside[part]
        node.calls.append((open_calls[scope, call], end))
    return root


def draw(out: Path, in_flight: Sequence[tuple[float, int]], bars: dict[str, float], latency: float) -> None:
    begin = in_flight[0][0]
    times, counts = [at - begin for at, _ in in_flight], [count for _, count in in_flight]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(9, 5.5), height_ratios=(3, 1), layout="constrained", sharex=True
    )
    above.fill_between(times, counts, step="post", color="0.8")
    above.step(times, counts, where="post", color="0.15", linewidth=1.0)
    above.set_ylabel("requests in flight")
    above.set_ylim(bottom=0)
    above.set_title(f"strop run against a server that takes {latency:g} s for each answer", fontsize=11)
    above.yaxis.get_major_locator().set_params(integer=True)
    below.barh(list(bars), list(bars.values()), color=["0.15", "0.55"], height=0.6)
    for name, seconds in bars.items():
        below.annotate(f"{seconds:.1f} s", (seconds, name), (4, 0), textcoords="offset points", va="center", fontsize=9)
    below.invert_yaxis()
    below.set_xlabel("seconds since the run was started")
    below.set_xlim(0, max(bars.values()) * 1.1)
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out / "in_flight.png", dpi=120)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="an existing folder for the figure")
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--selection", default="paper", choices=["paper", "gated", "archive"])
    options = parser.parse_args()
    limits = ServerLimits(latency=options.latency)
    with tempfile.TemporaryDirectory() as scratch, OpenAIServer(Offline(7), limits=limits) as server:
        record = Path(scratch) / "run"
        where = [
            "--model",
            "openai/slow",
            "--base-url",
            server.url,
            "--selection",
            options.selection,
            "--out",
            str(record),
        ]
        begin = time.monotonic()
        ended = subprocess.run([sys.executable, "-m", "strop", "run", "lpn", *FLAGS, *where], check=False)
        wall = time.monotonic() - begin
        in_flight = [(begin, 0), *((at, count) for at, count in server.in_flight if at >= begin), (begin + wall, 0)]
        calls = calls_of(record)
    if ended.returncode:
        return ended.returncode
    critical = calls.critical()
    area = sum((after[0] - now[0]) * now[1] for now, after in itertools.pairwise(in_flight))
    some = sum(after[0] - now[0] for now, after in itertools.pairwise(in_flight) if now[1])
    print(f"wall time                                {wall:8.1f} s")
    print(f"critical path of LM calls                {critical:8.1f} s   {critical / wall:.0%} of the wall time")
    print(f"with a request in flight                 {some:8.1f} s   {some / wall:.0%} of the wall time")
    print(f"all requests one after another           {area:8.1f} s")
    print(f"most requests in flight                  {max(count for _, count in in_flight):8}")
    draw(options.out, in_flight, {"wall time": wall, "critical path\nof LM calls": critical}, options.latency)
    print(f"figure: {options.out / 'in_flight.png'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
