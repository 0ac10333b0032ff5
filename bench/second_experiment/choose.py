"""Chooses the twelve functions by the rule of the registration, and prints why each other was left out.

    python bench/second_experiment/choose.py PACKAGES STROP LIST

PACKAGES has a folder a package, with `.venv` and `driver.py`; STROP is the program. LIST gets a line `package function` for each.
What strop prints is kept in `.chosen` below PACKAGES, so that a second run asks only what is new.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ORDER = ["jmespath", "jsonschema", "referencing", "chardet", "marshmallow"]
ORDER += ["jsonpatch", "xmltodict", "markdown", "tinycss2", "linkify-it-py"]
COMMAND = ".venv/bin/python driver.py"
WANTED, HELD_OUT, SHARES = 12, 20, (1 / 3, 1 / 6)
MAY_CHANGE = r"may change: ([^\n;]*?)(?:, which ha(?:ve|s) (\d+)% of the time of its calls)?(?:;|$)"


def printed(kept: Path, command: list[str], folder: Path) -> tuple[int, str]:
    """Exit status of a command and what it printed when it first ran. It is ended once it tells a share that is never enough."""
    if not kept.exists():
        lines, is_too_little = list[str](), False
        with subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            for line in process.stdout or ():
                lines.append(line)
                share = re.search(MAY_CHANGE, line)
                is_too_little = bool(share and share[2] and int(share[2]) / 100 < min(SHARES))
                if is_too_little:
                    process.terminate()
                    break
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps([0 if is_too_little else process.returncode, "".join(lines)]))
    status, output = json.loads(kept.read_text())
    return status, output


def listed(kept: Path, command: list[str], folder: Path) -> list[str]:
    """The functions that `strop hot` takes and that are not of the driver; it runs the first time only."""
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout)
    rows = json.loads(kept.read_text())["functions"]
    return [row["function"] for row in rows if not row["reason"] and not row["function"].startswith("driver:")]


def judged(text: str, status: int, function: str, least: float, taken: set[str]) -> tuple[str, set[str]]:
    """Why a function is left out, empty if it is not, and the names that it may change; `text` is what `strop check` printed."""
    module, _, name = function.partition(":")
    line = re.search(MAY_CHANGE, text, re.M)
    names = {f"{module}:{each}" for each in (line[1].split(", ") if line else [name])}
    share = int(line[2]) / 100 if line and line[2] else 0.9
    held_out = re.search(r"to search with, (\d+) held out", text)
    if held_out and share < least:
        return f"may change {share:.0%} of the time", names
    if status or not held_out:
        return f"check: exit status {status}", names
    if int(held_out[1]) < HELD_OUT:
        return f"{held_out[1]} held-out calls", names
    return f"shares {', '.join(sorted(names & taken))}" * bool(names & taken), names


def main() -> None:
    packages, strop, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    hot = [strop, "hot", "--json", "--", *COMMAND.split()]
    lists = {each: listed(packages / ".chosen" / f"{each}.hot", hot, packages / each) for each in ORDER}
    chosen, names = list[tuple[str, str]](), {package: set[str]() for package in ORDER}
    for least in SHARES:
        left = {package: [each for each in lists[package] if (package, each) not in chosen] for package in ORDER}
        while any(left.values()) and len(chosen) < WANTED:
            for package in ORDER:
                while left[package] and len(chosen) < WANTED:
                    function = left[package].pop(0)
                    if function in names[package]:
                        print(f"{package} {function}: may already change", flush=True)
                        continue
                    kept = packages / ".chosen" / f"{package} {function}.check"
                    command = [strop, "check", function, "--record", COMMAND]
                    status, text = printed(kept, command, packages / package)
                    why, may = judged(text, status, function, least, names[package])
                    print(f"{package} {function}: {why or 'taken'}: {', '.join(sorted(may))}", flush=True)
                    if not why:
                        chosen.append((package, function))
                        names[package] |= may
                        break
    target.write_text("".join(f"{package} {function}\n" for package, function in chosen))


if __name__ == "__main__":
    main()
