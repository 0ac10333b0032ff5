"""strop beside gepa, openevolve and ShinkaEvolve, all with the same loopback server as their model, which is no language model.

    python bench/peers speed --environments DIR                       # candidates/s; some two minutes
    python bench/peers speed --environments DIR --answer-seconds 1    # the same with a model that takes a second
    python bench/peers equal --environments DIR --seeds 10            # best held-out score by answers; hours
    python bench/peers behaviour --environments DIR                   # what hostile programs do; some 20 minutes
    python bench/peers resume --environments DIR                      # kill -9 and continue; some three minutes

DIR gets an environment for each system (900 MB with ShinkaEvolve) unless it has one already. Compare figures of one run only.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import behaviour
import equal
import equal_table
import resumption
import speed
from search import SYSTEMS


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        folder, environments = Path(scratch), options.environments.resolve()
        if options.command == "speed":
            setting = speed.Setting(options.candidates, options.rounds, options.answer_seconds)
            speeds = speed.measure(folder, environments, options.systems or speed.ALL, setting, report)
            document, text = speeds.document(), speed.text(speeds)
        elif options.command == "behaviour":
            observations = behaviour.measure(folder, environments, options.systems, options.programs, report)
            document, text = behaviour.document(observations), behaviour.text(observations)
        elif options.command == "resume":
            continued = resumption.measure(folder, environments, options.systems, report)
            document, text = resumption.document(continued), resumption.text(continued)
        else:
            searches = equal.Setting(
                options.tasks,
                options.systems or equal.SYSTEMS,
                options.answers,
                options.seeds,
                options.jobs,
                options.minutes,
            )
            scores = equal.measure(folder, environments, searches, options.file, report)
            document, text = scores.document(), equal_table.text(scores)
            if options.plot:
                equal_table.draw(scores, options.plot)
    print(json.dumps(document, indent=1) if options.json else text)
    return 0


def report(line: str) -> None:
    """Show progress."""
    print(line, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        "bench/peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    rates = commands.add_parser("speed", help="candidates a second")
    rates.add_argument("--answer-seconds", type=float, default=0.0, metavar="S", help="how long the model takes")
    rates.add_argument("--candidates", type=int, default=200, metavar="N")
    rates.add_argument("--rounds", type=int, default=3, metavar="N", help="the best of N counts")
    scores = commands.add_parser("equal", help="best held-out score by the number of answers")
    scores.add_argument("--tasks", nargs="*", default=equal.TASKS, metavar="TASK")
    scores.add_argument("--answers", nargs="*", type=int, default=equal.ANSWERS, metavar="N")
    scores.add_argument(
        "--seeds", type=int, default=10, metavar="N", help="searches of each kind; 0 prints those of --file"
    )
    scores.add_argument("--file", type=Path, help="append each search to FILE, and skip those that it holds")
    scores.add_argument("--minutes", type=float, default=math.inf, metavar="N", help="start no search after N minutes")
    scores.add_argument("--jobs", type=int, default=2, metavar="N", help="searches at the same time")
    scores.add_argument("--plot", type=Path, metavar="FILE", help="write a figure")
    attacks = commands.add_parser("behaviour", help="what hostile programs do")
    attacks.add_argument("--programs", nargs="*", choices=list(behaviour.PROGRAMS), default=[], metavar="NAME")
    kills = commands.add_parser("resume", help="kill -9 and continue")
    every = ((rates, speed.ALL), (scores, equal.SYSTEMS), (attacks, SYSTEMS), (kills, resumption.SYSTEMS))
    for command, systems in every:
        command.add_argument("--environments", type=Path, required=True, metavar="DIR")
        command.add_argument("--systems", nargs="*", choices=systems, metavar="NAME", help=", ".join(systems))
        command.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


if __name__ == "__main__":
    sys.exit(main())
