"""A run as a log of inspect-ai, opened again by its own reader."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError
from strop.base.events import Evaluated, ImproveStarted, IterationFinished, LmResponded
from strop.report.export.export import export
from strop.store import Store
from support.hostile_record import HOSTILE, SCOPE


def log_of(directory: Path, tmp_path: Path, *, texts: bool = True) -> Any:
    inspect_log = pytest.importorskip("inspect_ai.log", reason="inspect-ai is not installed")
    path = tmp_path / f"{directory.name.strip('=')}{texts}.eval"
    export(directory, "inspect", path, texts=texts, force=False)
    return inspect_log.read_eval_log(str(path), resolve_attachments=True)


def test_log_holds_every_improvement_call_and_score_of_the_run(runs: dict[str, Path], tmp_path: Path) -> None:
    log = log_of(runs["paper"], tmp_path)
    assert log.status == "success" and log.eval.task == "parity" and log.results.total_samples == len(log.samples)
    samples = {sample.id: sample for sample in log.samples}
    with Store.open(runs["paper"]) as store:
        scopes = {stored.event.scope for stored in store.events(ImproveStarted)}
        answers = sorted(stored.event.text for stored in store.events(LmResponded))
        values = {stored.event.scope: stored.event.value for stored in store.events(Evaluated)}
        last = [stored.event for stored in store.events(IterationFinished)][-1]
    assert scopes <= set(samples)
    models = [event for sample in log.samples for event in sample.events if event.event == "model"]
    assert sorted(event.output.completion for event in models) == answers
    for scope in scopes:
        for split, end in (("train", "result"), ("test", "test")):
            if f"{scope}/{end}" in values:
                assert samples[scope].scores[split].value == values[f"{scope}/{end}"]
    scores = {score.name: score.metrics for score in log.results.scores}
    assert scores["meta-utility, test"][f"t{last.t}"].metadata["values"] == list(last.test)


def test_log_of_hostile_texts_is_read_and_an_unfinished_run_is_said_to_be(hostile: Path, tmp_path: Path) -> None:
    log = log_of(hostile, tmp_path)
    assert log.status == "cancelled" and log.eval.metadata["strop_status"] == "unfinished"
    (sample,) = (sample for sample in log.samples if sample.id == SCOPE)
    models = [event for event in sample.events if event.event == "model"]
    texts = [text.replace("\ud800", r"\ud800") for text in HOSTILE.values()]
    assert [event.input[1].text for event in models] == texts
    assert [event.output.completion for event in models] == [*texts[:-1], ""] and "no answer" in models[-1].error
    assert models[0].retries == 1 and models[0].output.usage is None


def test_log_without_texts_quotes_nothing(hostile: Path, tmp_path: Path) -> None:
    dumped = log_of(hostile, tmp_path, texts=False).model_dump_json()
    assert not any(word in dumped for word in ("evil.example", "owned", "an improver", "=cmd", "=late"))


def test_log_is_one_clear_line_where_inspect_is_missing(
    hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'strop\[inspect\]'"):
        export(hostile, "inspect", tmp_path / "run.eval", texts=True, force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["=run"]
