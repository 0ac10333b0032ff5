from __future__ import annotations

import io
import json

from strop.base.as_document import to_json
from strop.report.terminal.noise import NoiseResult, noise_document, print_noise
from strop.runs.measurements import Named
from strop.runs.noise_floor import Noise, Trials
from strop.tasks.base import Task
from support.tables import terminal

MEASURED = Noise(
    mean=0.683,
    sd=0.08,
    stderr=0.069,
    floor=0.196,
    exceeded=1 / 11,
)


def trials(name: str, repeats: int) -> Trials:
    task = Task(name=name, sample=lambda rng: {}, score=lambda instance, answer: 0.0, seed="")
    return Trials(task, ((0.5, 0.75),) * repeats)


TASKS = ((trials("string-grid-distance", 3), MEASURED), (trials("lpn", 1), None))
RESULT = NoiseResult(Named("seed", "I0"), 2, 3, TASKS, "offline", is_language_model=False)


def printed(result: NoiseResult) -> list[str]:
    stream = io.StringIO()
    print_noise(result, terminal(stream))
    return stream.getvalue().splitlines()


def test_table_has_one_row_a_task_in_80_columns() -> None:
    page = printed(RESULT)
    assert max(map(len, page)) <= 80
    (row,) = [line for line in page if line.startswith("string-grid-distance")]
    assert row.split()[1:] == ["0.683", "0.080", "0.069", "0.196", "9.09%"]


def test_table_says_what_is_missing_when_the_work_was_stopped() -> None:
    assert printed(RESULT)[-1] == "lpn: 1 of 3 repeats are done"


def test_document_has_the_floor_of_each_task_and_null_where_there_is_none() -> None:
    document = json.loads(to_json(noise_document(RESULT)))
    first, second = document["tasks"]
    assert (first["task"], first["sd"], first["floor"]) == ("string-grid-distance", 0.08, 0.196)
    assert first["exceeded"] == 1 / 11 and "in at most 9.09% of cases: 0.196 on string" in document["sentence"]
    assert first["utilities"] == [0.625] * 3
    assert second["values"] == [[0.5, 0.75]] and second["floor"] is None
