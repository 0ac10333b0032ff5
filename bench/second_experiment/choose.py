"""Chooses the twelve functions by the rule of the registration, and prints why each other was left out.

    python bench/second_experiment/choose.py PACKAGES STROP LIST

PACKAGES has a folder a package, with `.venv` and `driver.py`; STROP is the program; LIST is written: a line `package function` each.
Each answer of strop is kept below PACKAGES, in `.chosen`, so that a second run asks only what is new.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ORDER = (
    "jmespath jsonschema referencing chardet marshmallow jsonpatch xmltodict markdown tinycss2 linkify-it-py".split()
)
COMMAND = ".venv/bin/python driver.py"
WANTED, HELD_OUT, SHARES = 12, 20, (1 / 3, 1 / 6)


def printed(kept: Path, command: list[str], folder: Path) -> tuple[int, str, str]:
    """Exit status and both outputs of a command, the first time that it ran."""
    if not kept.exists():
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps([done.returncode, done.stdout, done.stderr]))
    status, output, errors = json.loads(kept.read_text())
    return status, output, errors


def judged(text: str, status: int, function: str, least: float, taken: set[str]) -> tuple[str, set[str]]:
    """Why a function is left out, empty if it is not, and the names that it may change; `text` is what `strop check` printed."""
    module, _, name = function.partition(":")
    line = re.search(r"may change: ([^\n;]*?)(?:, which ha(?:ve|s) (\d+)% of the time of its calls)?(?:;|$)", text, re.M)
    names = {f"{module}:{each}" for each in (line[1].split(", ") if line else [name])}
    share = int(line[2]) / 100 if line and line[2] else 0.9
    held_out = re.search(r"to search with, (\d+) held out", text)
    if status or not held_out:
        return f"check: exit status {status}", names
    if int(held_out[1]) < HELD_OUT:
        return f"{held_out[1]} held-out calls", names
    if share < least:
        return f"may change {share:.0%} of the time", names
    return f"shares {', '.join(sorted(names & taken))}" * bool(names & taken), names


def main() -> None:
    packages, strop, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    lists = dict[str, list[str]]()
    for package in ORDER:
        kept = packages / ".chosen" / f"{package}.hot"
        _, output, _ = printed(kept, [strop, "hot", "--json", "--", *COMMAND.split()], packages / package)
        rows = json.loads(output)["functions"]
        own = [row["function"] for row in rows if not row["reason"] and not row["function"].startswith("driver:")]
        lists[package] = own
    chosen, names = list[tuple[str, str]](), {package: set[str]() for package in ORDER}
    for least in SHARES:
        left = {package: [each for each in lists[package] if (package, each) not in chosen] for package in ORDER}
        while any(left.values()) and len(chosen) < WANTED:
            for package in ORDER:
                while left[package] and len(chosen) < WANTED:
                    function = left[package].pop(0)
                    kept = packages / ".chosen" / f"{package} {function}.check"
                    command = [strop, "check", function, "--record", COMMAND]
                    status, output, errors = printed(kept, command, packages / package)
                    why, may = judged(output + errors, status, function, least, names[package])
                    print(f"{package} {function}: {why or 'taken'}: {', '.join(sorted(may))}", flush=True)
                    if not why:
                        chosen.append((package, function))
                        names[package] |= may
                        break
    target.write_text("".join(f"{package} {function}\n" for package, function in chosen))


if __name__ == "__main__":
    main()
