"""What the kit found, as text for a terminal, as Markdown for selftest/ATTACKS.md and as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from strop_selftest.catalogue import GROUPS, Attack
from strop_selftest.examination import CONTROL, FAILURES, Result, Verdict
from strop_selftest.modes import MODES

_LETTERS: dict[Verdict, str] = {
    "contained": ".",
    "residual": "r",
    "escaped": "E",
    "stale": "?",
    "succeeds": "S",
    "architecture": "a",
    "toothless": "T",
    "not here": "-",
}
_LEGEND = (
    ". contained   r known to succeed   E escaped   ? no longer succeeds   - not on this machine\n"
    "control: S succeeds without the layers   a contained by architecture   T contained for no known reason"
)
_NAME_WIDTH = 40

Grid = dict[str, dict[str, Result]]
"""Name of an attack to machine to result."""


def grid(results: Sequence[Result]) -> Grid:
    """Results by attack and machine, in the order in which they come."""
    made: Grid = {}
    for result in results:
        made.setdefault(result.attack.name, {})[result.machine] = result
    return made


def failures(results: Sequence[Result]) -> list[Result]:
    """The failures."""
    return [result for result in results if result.verdict in FAILURES]


def as_text(results: Sequence[Result]) -> str:
    """One row per attack and one column per machine; with one machine, one row per group."""
    machines = _machines(results)
    lines = _grid_lines(results, machines) if len(machines) > 1 else _group_lines(results)
    lines += ["", *(_sentence(results, machine) for machine in machines)]
    for title, verdicts in (("known to get through", {"residual"}), ("NOT as it must be", FAILURES)):
        found = [result for result in results if result.verdict in verdicts]
        lines += [f"{title}:"] if found else []
        lines += [f"  {each.attack.name} ({each.machine}), {each.verdict}: {_why(each)}" for each in found]
    return "\n".join(lines) + "\n"


def as_markdown(results: Sequence[Result]) -> str:
    """One table per group, one column per machine; below it the attacks that succeed, why, and the counts."""
    machines, rows = _machines(results), grid(results)
    parts = []
    for group, title in GROUPS.items():
        attacks = [attack for attack in _attacks(results) if attack.group == group]
        if attacks:
            parts += [f"### {title}", "", "| case | attack | " + " | ".join(machines) + " |"]
            parts += ["|" + " --- |" * (len(machines) + 2)]
            parts += [_markdown_row(attack, rows[attack.name], machines) for attack in attacks] + [""]
    parts += ["### Counts", "", *(f"- {_sentence(results, machine)}" for machine in machines), ""]
    known = {(each.attack.name, _why(each)) for each in results if each.verdict == "residual"}
    parts += ["### Attacks that succeed, and why", ""] if known else []
    parts += [f"- `{name}`: {why}." for name, why in sorted(known)]
    return "\n".join(parts).rstrip() + "\n"


def as_document(results: Sequence[Result]) -> dict[str, object]:
    """Plain data for --json."""
    rows = grid(results)
    return {
        "machines": {machine: dict(_counts(results, machine)) for machine in _machines(results)},
        "attacks": [
            {
                "name": attack.name,
                "group": attack.group,
                "numbers": list(attack.numbers),
                "role": attack.role,
                "title": attack.title,
                "verdicts": {machine: result.verdict for machine, result in rows[attack.name].items()},
                "signs": {machine: list(result.signs) for machine, result in rows[attack.name].items() if result.signs},
                "seconds": {machine: result.seconds for machine, result in rows[attack.name].items()},
            }
            for attack in _attacks(results)
        ],
        "failures": [f"{each.attack.name} ({each.machine}): {each.verdict}" for each in failures(results)],
    }


def _grid_lines(results: Sequence[Result], machines: Sequence[str]) -> list[str]:
    lines = [f"{number}  {machine}" for number, machine in enumerate(machines, 1)]
    lines += ["", *_LEGEND.split("\n"), ""]
    lines.append(" " * _NAME_WIDTH + "".join(f"{number:>3}" for number in range(1, len(machines) + 1)))
    group = ""
    for name, row in grid(results).items():
        attack = next(iter(row.values())).attack
        if attack.group != group:
            group = attack.group
            lines.append(GROUPS[group])
        cells = (_LETTERS[row[machine].verdict] if machine in row else " " for machine in machines)
        lines.append(f"  {name[: _NAME_WIDTH - 2]:<{_NAME_WIDTH - 2}}" + "".join(f"{cell:>3}" for cell in cells))
    return lines


def _group_lines(results: Sequence[Result]) -> list[str]:
    lines = []
    for group, title in GROUPS.items():
        counted = Counter(result.verdict for result in results if result.attack.group == group)
        if counted:
            told = ", ".join(f"{count} {verdict}" for verdict, count in counted.most_common())
            lines.append(f"  {title:<42} {told}")
    return lines


def _markdown_row(attack: Attack, row: dict[str, Result], machines: Sequence[str]) -> str:
    numbers = ", ".join(map(str, attack.numbers))
    cells = (_cell(row[machine]) if machine in row else "" for machine in machines)
    return f"| {numbers} | `{attack.name}` | " + " | ".join(cells) + " |"


def _cell(result: Result) -> str:
    return {"contained": "✓"}.get(result.verdict, result.verdict)


def _sentence(results: Sequence[Result], machine: str) -> str:
    told = ", ".join(f"{count} {verdict}" for verdict, count in _counts(results, machine).most_common())
    total = sum(_counts(results, machine).values())
    return f"{machine}: {total} run, {told}"


def _counts(results: Sequence[Result], machine: str) -> Counter[Verdict]:
    return Counter(result.verdict for result in results if result.machine == machine)


def _machines(results: Sequence[Result]) -> list[str]:
    found = {result.machine for result in results}
    return [machine for machine in (*MODES, CONTROL) if machine in found]


def _attacks(results: Sequence[Result]) -> list[Attack]:
    return list({result.attack.name: result.attack for result in results}.values())


def _why(result: Result) -> str:
    mode = MODES.get(result.machine)
    written = mode.residuals.get(result.attack.name, "") if mode and result.verdict == "residual" else ""
    return written or "; ".join(result.signs) or result.attack.title
