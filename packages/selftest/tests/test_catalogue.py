"""The conformance kit itself: what it covers, how it judges, and that the document shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop_selftest.catalogue import PLENTY, Attack, catalogue
from strop_selftest.examination import CONTROL, HERE, Verdict, examined, judged
from strop_selftest.modes import MODES

pytestmark = pytest.mark.usefixtures("nothing_idle")

DOCUMENT = Path(__file__).parents[1] / "ATTACKS.md"
CASES = range(1, 162)


def an_attack(group: str = "files", **settings: object) -> Attack:
    return Attack("stat_existence", group, "solution", "What is tried.", (), "", settings)


def seen(*signs: str, absent: str = "", announced: bool = False) -> dict[str, object]:
    return {"signs": list(signs), "absent": absent, "announced": announced, "seconds": 0.0}


def test_catalogue_covers_exactly_the_numbered_cases() -> None:
    assert {number for attack in catalogue() for number in attack.numbers} == set(CASES)


def test_every_limit_that_an_attack_sets_exists() -> None:
    for attack in catalogue():
        assert attack.limits(confined=True).wall_seconds <= PLENTY.wall_seconds
        assert attack.limits(confined=False).wall_seconds <= PLENTY.wall_seconds


def test_every_residual_names_an_attack_and_says_why() -> None:
    names = {attack.name for attack in catalogue()}
    for mode in MODES.values():
        assert set(mode.residuals) <= names
        assert all(mode.residuals.values())


def table() -> list[list[str]]:
    _, _, rest = DOCUMENT.read_text("utf-8").partition("<!-- table: begin")
    inside, end, _ = rest.partition("<!-- table: end -->")
    assert end
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in inside.splitlines() if line[:1] == "|"]


def test_document_shows_every_attack_on_every_machine_and_calls_nothing_escaped() -> None:
    rows = {row[1].strip("`"): row for row in table() if row[1].startswith("`")}
    assert set(rows) == {attack.name for attack in catalogue()}
    assert all(all(row[2:-1]) for row in rows.values()), "an attack was not run on a machine"
    headers = [row for row in table() if row[0] == "case"]
    assert headers and all(row[2:] == [*MODES, CONTROL] for row in headers)
    assert not {"escaped", "stale", "toothless"} & {cell for row in table() for cell in row}


@pytest.mark.parametrize(
    ("machine", "what", "verdict"),
    [
        (HERE, seen(), "contained"),
        (HERE, seen("read a file"), "escaped"),
        (HERE, seen("saw a file", announced=True), "residual"),
        ("user", seen("saw a file"), "escaped"),
        ("user", seen("saw a file", announced=True), "escaped"),
        ("container", seen("saw a file"), "residual"),
        ("container", seen(), "stale"),
        (CONTROL, seen("read a file"), "succeeds"),
        (CONTROL, seen(), "toothless"),
        (CONTROL, seen(absent="no such sockets"), "not here"),
    ],
)
def test_verdict_follows_from_what_was_seen_and_what_is_expected_there(
    machine: str, what: dict[str, object], verdict: Verdict
) -> None:
    assert judged(an_attack(), machine, what) == verdict


def test_attack_that_architecture_stops_must_not_succeed_in_the_control() -> None:
    attack = an_attack(CONTROL="architecture")
    assert judged(attack, CONTROL, seen()) == "architecture"
    assert judged(attack, CONTROL, seen("it worked")) == "escaped"


def test_host_that_ends_is_a_sign_against_the_attack_it_was_at_and_the_next_ones_still_run() -> None:
    fatal = Attack("ends_the_worker", "files", "solution", "Nobody knows it: the worker ends.", (), "", {})
    harmless = next(attack for attack in catalogue() if attack.name == "read_secret_file")
    results = examined([fatal, harmless], HERE)
    assert [(result.attack.name, result.verdict) for result in results] == [
        ("ends_the_worker", "escaped"),
        ("read_secret_file", "contained"),
    ]
    assert "the host's process ended" in results[0].signs[0]
