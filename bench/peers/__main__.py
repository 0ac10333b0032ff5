"""strop beside gepa, openevolve and ShinkaEvolve, all with the same loopback server as their model, which is no language model.

    python bench/peers speed --environments DIR                       # candidates/s; some two minutes
    python bench/peers speed --environments DIR --answer-seconds 1    # the same with a model that takes a second

DIR gets an environment for each system (900 MB with ShinkaEvolve) unless it has one already. Compare figures of one run only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import speed


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        "bench/peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    quick = commands.add_parser("speed", help="candidates a second")
    quick.add_argument("--answer-seconds", type=float, default=0.0, metavar="S", help="how long the model takes")
    quick.add_argument("--candidates", type=int, default=200, metavar="N")
    quick.add_argument("--rounds", type=int, default=3, metavar="N", help="the best of N counts")
    for command in (quick,):
        command.add_argument("--environments", type=Path, required=True, metavar="DIR")
        command.add_argument("--systems", nargs="*", choices=speed.ALL, metavar="NAME", help=", ".join(speed.ALL))
        command.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        table = speed.measure(
            Path(folder),
            options.environments.resolve(),
            options.systems or speed.ALL,
            speed.Setting(options.candidates, options.rounds, options.answer_seconds),
            lambda line: print(line, file=sys.stderr, flush=True),
        )
    print(json.dumps(table.document(), indent=1) if options.json else speed.text(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
