"""strop check, as people call it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from support.tables import widest

BROKEN = Path(__file__).parents[1] / "check" / "broken_tasks"


def test_check_of_a_sound_task_ends_with_0_and_shows_every_attack_at_80_columns_where_that_is_asked_for(
    strop: Any,
) -> None:
    ended = strop("check", "lpn", "--repeat", "2", "--verbose")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (
        re.match(
            r"lpn: sound\. \d+ ways of spoiling the original's answers and \d+ other attacks tried; none paid\.\n",
            ended.stdout,
        )
        and "Lists in lists" in ended.stdout
    )
    assert re.search(r"^\d+ attacks: .*\d+ refused$", ended.stdout, re.MULTILINE)
    assert widest(ended.stdout) <= 80
    assert ended.stderr.splitlines() == ["draws", "seed solution, 2 times", "scorer", "attacks"]


@pytest.mark.slow
def test_check_of_a_broken_task_ends_with_5_and_its_document_names_the_hole(strop: Any, tmp_path: Path) -> None:
    text = (BROKEN / "nan_is_best.py").read_text().replace("seed=SEED,", "seed=SEED, instances=6, test_instances=6,")
    (tmp_path / "mine.py").write_text(text)
    ended = strop("check", "mine.py", "--json", "--repeat", "3", "--workers", "1")
    document = json.loads(ended.stdout)
    assert (ended.returncode, document["broken"], document["task"]) == (5, True, "nan-is-best")
    assert [one["id"] for one in document["findings"] if one["level"] == "broken"] == ["C301"]
    assert document["sentence"] == "nan-is-best: broken: an answer of the wrong form scores better than an honest one."
    assert {one["attack"]["name"] for one in document["attacks"] if one["verdict"] == "broken"} == {"number_words"}
    assert len(document["facts"]["seed"]["utilities"]) == 3
    assert document["facts"]["scorer"]["deviation"] == 0


@pytest.mark.slow
def test_what_a_checked_task_prints_is_not_in_the_result(strop: Any, tmp_path: Path) -> None:
    told, says = "def score(instance, answer):\n", "    print('scoring')\n"
    text = (BROKEN / "nan_is_best.py").read_text().replace(told, told + says)
    (tmp_path / "mine.py").write_text(text)
    ended = strop("check", "mine.py:task", "--json", "--repeat", "1")
    assert ended.returncode == 5 and "scoring" in ended.stderr
    assert "C301" in [one["id"] for one in json.loads(ended.stdout)["findings"]]
