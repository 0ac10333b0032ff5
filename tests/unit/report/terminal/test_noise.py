from __future__ import annotations

import io
import json

from strop.base.as_document import to_json
from strop.report.terminal.evaluation import print_noise
from strop.runs.noise_floor import Trials
from strop.runs.results.noise import MeasuredNoise
from support.tables import terminal

VALUES = ((0.5, 0.75), (0.5, 0.7), (0.9, 0.75))
RESULT = MeasuredNoise(
    improver="seed",
    digest="I0",
    model="offline",
    is_language_model=False,
    copies=2,
    repeats=3,
    tasks=(Trials("string-grid-distance", VALUES), Trials("lpn", VALUES[:1])),
)


def printed(result: MeasuredNoise) -> list[str]:
    stream = io.StringIO()
    print_noise(result, terminal(stream))
    return stream.getvalue().splitlines()


def test_table_has_one_row_a_task_in_80_columns() -> None:
    page = printed(RESULT)
    assert max(map(len, page)) <= 80
    (row,) = [line for line in page if line.startswith("string-grid-distance")]
    assert row.split()[1:] == ["0.683", "0.123", "0.102", "0.025", "50%"]


def test_table_says_what_is_missing_when_the_work_was_stopped() -> None:
    assert printed(RESULT)[-1] == "lpn: 1 of 3 repeats are done"


def test_document_has_the_noise_of_each_task_and_null_where_there_is_none() -> None:
    document = json.loads(to_json(RESULT))
    first, second = document["tasks"]
    assert (first["task"], round(first["noise"]["floor"], 3)) == ("string-grid-distance", 0.025)
    assert first["noise"]["exceeded"] == 0.5 and "in at most 50% of cases: 0.025 on string" in document["sentence"]
    assert [round(each, 3) for each in first["utilities"]] == [0.625, 0.6, 0.825]
    assert second["values"] == [[0.5, 0.75]] and second["noise"] is None
