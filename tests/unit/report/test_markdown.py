"""The comment on a pull request: what it says, and that nothing from outside of strop can be more in it than text."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from strop.base.results import Evaluation, Improvement
from strop.report.markdown import as_markdown, code, prose
from strop.runs.finding import Cost, Evidence, OwnTests, RefusedCandidate, ScoredProgram
from strop.runs.patching.source_files import SourceFiles
from strop.runs.results.improved import Improved
from strop.runs.results.parts import counted_answers
from strop.runs.run_data import Answers, Costs
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts
from support.rows import table

TIME = ObjectiveFacts(MetricFacts("time", "min", "time", resolution=0.01), "drawn", "kernel", scoring="the kernel")
PARSER = MarkdownIt("commonmark").enable("table").enable("strikethrough")


def program(text: str, values: list[float], before: list[float], name: str, **test: Any) -> ScoredProgram:
    n, metrics = len(values), (tuple({name: value} for value in each) for each in (values, before))
    of = dict(zip(("metrics", "original_metrics"), metrics, strict=True))
    measured = Evaluation(0.5, "ok", (0.5,) * n, ("ok",) * n, **of)
    return ScoredProgram(text, measured, replace(measured, **test))


def compared(*, facts: ObjectiveFacts = TIME, name: str = "time", test: Any = (), **more: Any) -> Improved:
    """A candidate that takes 0.105 s on each of ten inputs, the original 0.119; what `test` and `more` change in it."""
    before, after = ([seconds + 0.0001 * (n % 4) for n in range(10)] for seconds in (0.119, 0.105))
    original, candidate = program("a\n", before, before, name), program("b\n", after, before, name, **dict(test))
    evidence = Evidence(Improvement("b\n"), original, candidate, Cost(0, 0, 2, 1), facts)
    of_record: dict[str, Any] = {
        "directory": Path("runs/x"), "task": "app:nearest", "model": "", "is_language_model": False, "unverified": "",
        "waived": "", "audit": (), "costs": Costs(), "answers": counted_answers(Answers()),
        "source": SourceFiles({"app.py": "a\n"}), "best_so_far": "b\n",
    }  # fmt: skip
    return replace(
        Improved(**of_record, **{each.name: getattr(evidence, each.name) for each in fields(evidence)}), **more
    )


def test_comment_has_the_verdict_its_facts_and_the_command() -> None:
    found = compared(tests=OwnTests(passed=288))
    notes = ["pytest.ini is the work tree's for both"]
    assert as_markdown(found, shared_notes=notes, command="strop compare app:nearest --with 'a b.py'") == (
        "**Better: 13% faster (12 to 15%).**\n"
        "\n"
        "- target: `app:nearest`\n"
        "- time: 13% faster (95% interval 12 to 15%), from 119 ms to 105 ms of CPU time, on 10 held-out instances\n"
        "- tests: 288 pass\n"
        "- scored by: the kernel\n"
        "- note: `pytest.ini` is the work tree's for both\n"
        "- again: `strop compare app:nearest --with 'a b.py'`\n"
    )


def test_comment_shows_how_a_candidate_fails_in_place_of_its_time() -> None:
    found = compared(test={"verdict": "raised", "verdicts": ("ok",) * 9 + ("raised",), "error": "KeyError: 3"})
    first, *lines = as_markdown(found).splitlines()
    assert first.startswith("**No improvement: the returned program fails on held-out instances (KeyError: 3).**")
    assert "- failure: the returned program: KeyError: 3" in lines


def test_comment_on_a_candidate_that_fails_tests_names_the_test() -> None:
    first, _, _, tests, *lines = refused("test_a.py::test_b").splitlines()
    assert first == "**No improvement: the candidate fails 1 test that passes for the original.**"
    assert tests == "- tests: the best candidate in training fails 1 test, `test_a.py::test_b`"
    assert lines == ["- scored by: the kernel", "- note: said `test_a.py::test_b`"]


def test_comment_on_recorded_calls_says_that_no_tests_were_run_and_one_without_a_candidate_does_not() -> None:
    found = compared(facts=replace(TIME, commands=("python app.py",)))
    assert "- tests: no tests were run (test)" in as_markdown(found).splitlines()
    for other in (replace(found, improved=None), compared(), replace(found, tests=OwnTests(passed=3))):
        assert "no tests" not in other.said_of_tests


def test_comment_says_what_the_jail_did_not_prevent_and_who_has_not_proved_the_record() -> None:
    found = as_markdown(
        compared(unverified="made on another machine", waived="not enforced: network"), shared_notes=["a", "b"]
    )
    assert found.splitlines()[-1] == "- note: made on another machine; not enforced: network; a; b"


ATTACKS = [
    *("@octocat", "@org/team", "a@b.example", "octo@0123456789abcdef0123456789abcdef01234567"),
    *("#1", "octo/repo#1", "GH-1", "JIRA-12", "fixes #1", "0123456", "0123456789abcdef0123456789abcdef01234567", "defaced"),
    *("https://x.example", "http://x.example/a?b=c", "www.x.example", "mailto:a@b.example", "xmpp:a@b.example", "ftp://x"),
    *("[a](https://x.example)", "![a](https://x.example/a.png)", "<https://x.example>", "[a]: https://x.example", "[^1]"),
    *("<img src=x onerror=alert(1)>", "<a href=x>", "<!-- ", "-->", "<details>", "&lt;b&gt;", "&#64;octocat", "<br>"),
    *("**bold**", "__bold__", "*em*", "_em_", "~~gone~~", "**", "*", "\\", "\\|", "a\\", "$\\LARGE x$", "$$", ":tada:"),
    *("`", "``", "```", "````sh", "a`b", "`a`", "` a", "a `", "`<img>", "``` @octocat", "`@octocat` `", " ", "", "\t"),
    *("|", "a|b", "| a | b |", "\\|", "a\\|@octocat", "`|`", "||", "|`@octocat"),
    *("a\nb", "a\r\n\r\n# b", "\n\n- b", "\n/approve", "/lgtm", "\n> b", "\n```\n@octocat"),
    *("a\x0bb", "a\x0cb", "a\x85b", "a\u2028b", "a\rb"),
    *("# a", "> a", "- a", "* a", "+ a", "1. a", "1) a", "---", "===", "    a", "- [ ] a", "> [!WARNING]", "bors r+"),
    *("\x1b[2J", "\x00", "\u202etxt.exe", "\u200b@octocat", "\ud800", "ⓦⓦⓦ.x.example", "＠octocat", "x" * 5000, "a " * 5000),
    *("**\n\n**Better: 99% faster**", "Better** <b>", "-->\n\n@octocat", "'; rm -rf ~ #", "$(id)", "${{ secrets.X }}"),
]  # fmt: skip


def everywhere(text: str) -> str:
    """The longest comment, with this text in each place that has text from outside."""
    metric = MetricFacts(text or "time", "min", "time")
    facts = replace(TIME, metric=metric, commands=(text, f"python {text}"), scoring=f"by {text}")
    found = compared(facts=facts, name=metric.name, removes=(text,) * 3, task=text, waived=text, unverified=text)
    out = (RefusedCandidate("0" * 64, (text, text), text),)
    found = replace(
        found,
        tests=OwnTests(passed=3, refused=out, not_green=1, not_green_names=(text,), skipped_names=(text,) * 9),
    )
    return as_markdown(found, shared_notes=[f"said {text}"] * 9, command=f"strop compare {text}")


def measured(text: str) -> str:
    """The comment on a metric of this name."""
    name = text or "time"
    return as_markdown(compared(facts=replace(TIME, metric=MetricFacts(name, "min", "time")), name=name))


def failing(text: str) -> str:
    """The comment on a candidate that fails with this text."""
    return as_markdown(compared(test={"verdict": "raised", "verdicts": ("raised",) * 10, "error": text}, task=text))


def refused(text: str) -> str:
    """The comment on a candidate that fails a test of this name."""
    tests = OwnTests(passed=3, refused=(RefusedCandidate("0" * 64, (text,), text),))
    return as_markdown(compared(improved=None, tests=tests, task=text), shared_notes=[f"said {text}"])


INERT = {"paragraph", "strong", "table", "thead", "tbody", "tr", "th", "td", "bullet_list", "list_item"}
"""What the form of a comment takes, beside text and code."""
LINKED = re.compile(
    r"@|#|://|www\.|[A-Za-z]-\d|:\w+:|(?i:mailto|xmpp):|\$|<|>|&|(?<![0-9A-Za-z])[0-9A-Fa-f]{7,40}(?![0-9A-Za-z])"
)
"""What GitHub makes a link, a mention, a reference, an emoji or a formula of, in text outside of code."""


def tokens_of(comment: str) -> list[Token]:
    return [token for one in PARSER.parse(comment) for token in ([one] if one.children is None else one.children)]


@table("comment_of", [everywhere, measured, failing, refused])
def test_text_from_outside_is_never_more_than_text_in_a_comment(comment_of: Any) -> None:
    ordinary = [token.type for token in PARSER.parse(comment_of("a"))]
    for text in ATTACKS:
        comment = comment_of(text)
        assert comment.isascii() or comment.replace("\n", "").isprintable(), text
        assert len(comment.splitlines()) <= 15 and len(comment) < 20_000, text
        assert all(re.match(r"\*\*|\| |- |$", line) for line in comment.split("\n")), (text, comment)
        assert [token.type for token in PARSER.parse(comment)] == ordinary, (text, comment)
        for token in tokens_of(comment):
            kind = re.sub("_(open|close)$", "", token.type)
            assert kind in {*INERT, "text", "code_inline"}, (text, comment)
            assert kind != "text" or not LINKED.search(token.content), (text, token.content)


@table("text", ["a|b", "a\\|b", "`a`", "a``b", "\\", "@octocat", "--record 'python a.py | cat'"])
def test_name_from_outside_reads_as_it_is(text: str) -> None:
    comment = as_markdown(compared(task=text), command=text)
    spans = [token.content.strip() for token in tokens_of(comment) if token.type == "code_inline"]
    assert spans == [text, text]


@table(
    ("text", "shown"),
    [
        ("from 1.2 to 3,400 ms (95% interval -4 to 8%).", "from 1.2 to 3,400 ms (95% interval -4 to 8%)."),
        ("its times vary, 1.2-fold; the original's do not", "its times vary, 1.2-fold; the original's do not"),
        ("of `python app.py` in 8 batches", "of `` `python app.py` `` in 8 batches"),
        (
            "fails tests/test_a.py::test_b; it was (KeyError: 'x').",
            "fails `tests/test_a.py::test_b`; it was (KeyError: `'x'`).",
        ),
        ("give --trust-programs, e.g. here", "give `--trust-programs, e.g`. here"),
    ],
)
def test_ordinary_words_are_no_code(text: str, shown: str) -> None:
    assert prose(text, 100) == shown


def test_nothing_is_a_dash_in_code() -> None:
    assert code(" \n", 100) == "`-`" and prose("", 100) == ""
