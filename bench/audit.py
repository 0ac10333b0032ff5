"""How right the static audit is, rule by rule, and what it costs.

    python bench/audit.py [FOLDER]        # of labelled programs; tests/audit/seen when not given

The first line of each program is `# label: innocent` or `# label: circumvents S001 S006`. Only the rules that occur in labels are
counted (the labels know S001 to S011). Cost is that of the audit of each program, beside `ast.parse` of the same text in the same
run: figures depend on the machine, the ratio less so.
"""

from __future__ import annotations

import ast
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

from strop.analysis.audit import RULES, audit_program, literal, unsandboxed

LABELLED = [f"S{number:03}" for number in range(1, 12)]
SEEN = Path(__file__).parent.parent / "tests" / "audit" / "seen"
ROUNDS = 20


def label_of(text: str) -> frozenset[str]:
    """The rules that a labelled program breaks."""
    words = text.split("\n", 1)[0].split()
    assert words[:2] == ["#", "label:"], words
    return frozenset() if words[2] == "innocent" else frozenset(words[3:])


def found_in(text: str) -> frozenset[str]:
    """The rules that the audit finds broken, of those that labels know."""
    return frozenset(finding.rule for finding in audit_program(text)) & frozenset(LABELLED)


def rate(part: int, whole: int) -> str:
    """A proportion, or a dash for none."""
    return f"{part / whole:6.3f} ({part}/{whole})" if whole else "     -"


def show_rules(programs: dict[str, str]) -> None:
    """Precision and recall for each rule, and for the whole: circumvents or innocent."""
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for name, text in programs.items():
        label, found = label_of(text), found_in(text)
        right.update(label & found)
        wrong.update(found - label)
        missed.update(label - found)
        if label != found:
            print(
                f"{name}: labelled {' '.join(sorted(label)) or 'innocent'}, found {' '.join(sorted(found)) or 'nothing'}"
            )
    print(f"\n{'rule':6}{'precision':>20}{'recall':>20}  title")
    for rule in LABELLED:
        precision = rate(right[rule], right[rule] + wrong[rule])
        recall = rate(right[rule], right[rule] + missed[rule])
        print(f"{rule:6}{precision:>20}{recall:>20}  {RULES[rule].title}")
    guilty = {name for name, text in programs.items() if label_of(text)}
    accused = {name for name, text in programs.items() if found_in(text)}
    print(f"{'any':6}{rate(len(guilty & accused), len(accused)):>20}{rate(len(guilty & accused), len(guilty)):>20}")
    exact = sum(label_of(text) == found_in(text) for text in programs.values())
    print(f"exactly the labelled set: {exact} of {len(programs)} programs ({len(guilty)} circumvent)")
    flagged = {name for name, text in programs.items() if literal(text)}
    off = {name for name, text in programs.items() if {"S001", "S002"} & label_of(text)}
    ours = {name for name, text in programs.items() if unsandboxed(audit_program(text))}
    starting = sum("S003" in label_of(programs[name]) for name in ours - off)
    print(f"unsandboxing, labelled S001 or S002: {len(off)} programs")
    print(f"  the paper's literal rule finds {len(flagged & off)}, and accuses {len(flagged - off)} others")
    print(
        f"  the syntax rules find {len(ours & off)}, and {len(ours - off)} others: {starting} are labelled S003 (S012)"
    )


def show_cost(programs: dict[str, str]) -> None:
    """Milliseconds for each program, and the ratio to parsing it."""
    audits: list[float] = []
    ratios: list[float] = []
    medians: list[float] = []
    for text in programs.values():
        audit_times, parse_times = [], []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            audit_program(text)
            middle = time.perf_counter()
            ast.parse(text)
            parse_times.append(time.perf_counter() - middle)
            audit_times.append(middle - start)
        audits += audit_times
        medians.append(statistics.median(audit_times))
        ratios.append(statistics.median(audit_times) / statistics.median(parse_times))
    p99 = statistics.quantiles(audits, n=100)[98]
    print(f"\ncost of the audit of one program: median {statistics.median(audits) * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms,"
          f" costliest program {max(medians) * 1e3:.2f} ms;"
          f" {statistics.median(ratios):.1f} times ast.parse in the median")  # fmt: skip


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SEEN
    programs = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    if not programs:
        sys.exit(f"no programs in {folder}")
    show_rules(programs)
    show_cost(programs)


if __name__ == "__main__":
    main()
