"""strop view --html, and the page that a run leaves behind, as people use them."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from end_to_end.conftest import TINY, Strop, made_once
from support.records import ask

ONE = ["-T", "1", "--seed", "7", "--gate-pairs", "4", *TINY]
NETWORK = re.compile(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//|@import|url\(["']?https?:""")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run without its page."""
    return made_once(tmp_path_factory.mktemp("made"), "run", "lpn", *ONE)


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    assert not (made / "report.html").exists()
    return Path(shutil.copytree(made, tmp_path / "r"))


def test_a_run_leaves_its_page_and_says_where(strop: Strop, tmp_path: Path) -> None:
    found = strop("run", "lpn", *ONE, "--out", "r", "--json", STROP_NO_REPORT="")
    assert found.returncode == 0 and "report: r/report.html" in found.stderr
    assert found.stdout.startswith("{") and "report" not in found.stdout
    assert (tmp_path / "r" / "report.html").read_text("utf-8").lstrip().lower().startswith("<!doctype html>")
    again = strop("run", "lpn", "-T", "0", *TINY, "--out", "again", "--no-report", STROP_NO_REPORT="")
    assert again.returncode == 0 and not (tmp_path / "again" / "report.html").exists()


@pytest.mark.slow
def test_a_page_that_cannot_be_written_fails_no_run(strop: Strop, tmp_path: Path) -> None:
    (tmp_path / "jinja2.py").write_text("raise RuntimeError('not here')\n", "utf-8")
    found = strop("run", "lpn", *ONE, "--out", "r", STROP_NO_REPORT="", PYTHONPATH=str(tmp_path))
    assert found.returncode == 0 and "more: strop show r" in found.stdout
    assert [line for line in found.stderr.splitlines() if "report" in line] == [
        "no report was written: RuntimeError: not here"
    ]


KINDS = {
    "run": ["run", "lpn", *ONE, "--max-calls", "2"],
    "improve": ["improve", "lpn", "--lm-budget", "1", "--utility-budget", "2", "--max-responses", "2"],
    "against": ["eval", "seed", "--against", "best_of_n", "--task", "parity", *TINY[:6], "--utility-budget", "3"],
    "eval": ["eval", "epsilon_greedy", "--task", "parity", *TINY[:6], "--utility-budget", "3"],
}


@pytest.mark.parametrize(("kind", "command"), KINDS.items(), ids=KINDS)
def test_every_kind_of_record_has_a_page_that_says_the_sentence_of_the_terminal(
    strop: Strop, tmp_path: Path, kind: str, command: list[str]
) -> None:
    found = strop(*command, "--out", kind, STROP_NO_REPORT="")
    assert found.returncode == 0, found.stderr
    text = (tmp_path / kind / "report.html").read_text("utf-8")
    assert f"strop <bdi>{kind}</bdi>" in text and "<svg" in text
    assert kind != "run" or "--max-calls 2 was spent" in text
    headline = unescape(re.sub("<[^>]+>", "", text.partition('id="headline">')[2].partition("</h1>")[0]))
    told = [line for line in found.stdout.splitlines() if line.startswith(headline)]
    assert headline and told, kind
    assert told[0].removeprefix(headline).strip() in unescape(text), kind


def test_a_page_needs_nothing_else_and_names_no_other_place(strop: Strop, kept: Path) -> None:
    found = strop("view", "r", "--html", "page.html")
    assert found.returncode == 0 and found.stdout == ""
    text = (kept.parent / "page.html").read_text("utf-8")
    assert not NETWORK.search(text) and "Content-Security-Policy" in text
    assert "<script" not in text and not re.search(r'<[a-z][^<>]*\s(?:on[a-z]+|style)="', text)
    assert len(text) < 2_000_000
    assert str(ask(kept, "SELECT value FROM meta WHERE key = 'secret'")[0][0]) not in text
