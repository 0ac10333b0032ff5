"""strop check, as people call it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from support.tables import widest

BROKEN = Path(__file__).parents[1] / "check" / "broken_tasks"


def test_check_of_a_sound_task_ends_with_0_and_shows_what_was_tried_at_80_columns_where_that_is_asked_for(
    strop: Any,
) -> None:
    ended = strop("check", "lpn", "--repeat", "2", "--verbose")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.match(r"lpn: sound\. \d+ ways of spoiling answers tried; none paid\.\n", ended.stdout)
    assert re.search(r"^\d+ ways on \d+ instances: .*\d+ harmless, \d+ refused$", ended.stdout, re.MULTILINE)
    assert "The answer twice over" not in ended.stdout and "More or fewer elements" in ended.stdout
    assert widest(ended.stdout) <= 80
    assert ended.stderr.splitlines() == ["draws", "the original, 2 times", "scorer", "spoiled answers"]


def test_check_of_a_broken_task_ends_with_5_and_its_document_names_the_hole_and_nothing_that_the_task_prints(
    strop: Any, tmp_path: Path
) -> None:
    told, says = "def score(instance, answer):\n", "    print('scoring')\n"
    text = (BROKEN / "nan_is_best.py").read_text().replace("seed=SEED,", "seed=SEED, instances=6, test_instances=6,")
    (tmp_path / "mine.py").write_text(text.replace(told, told + says))
    ended = strop("check", "mine.py", "--json", "--repeat", "3")
    document = json.loads(ended.stdout)
    assert (ended.returncode, document["broken"], document["task"]) == (5, True, "nan-is-best")
    assert [one["id"] for one in document["findings"] if one["level"] == "broken"] == ["C301"]
    assert [one["title"] for one in document["tried"] if one["verdict"] == "broken"] == ["NaN or infinity"]
    assert (document["scored_by"], len(document["utilities"])) == ("host", 3) and "scoring" in ended.stderr


def test_check_of_a_command_says_who_computes_the_score_and_that_the_original_runs(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("print('score: 4')\n")
    (tmp_path / "strop.toml").write_text(
        'command = "python3 p.py"\nfiles = ["p.py"]\nscore = ["score: (.*)"]\nmetric = ["score:max"]\n'
    )
    ended = strop("check", ".")
    words = " ".join(ended.stdout.split())
    assert (ended.returncode, "sound" in words) == (0, False), ended.stderr
    assert words.startswith(f"{tmp_path.name}: the program prints its own score, so strop will say")
    assert 'say "by its own score"; name a judge (docs/targets.md). The original runs' in words
    (tmp_path / "p.py").write_text("raise SystemExit(1)\n")
    assert "Broken: the original does not run." in " ".join(strop("check", ".").stdout.split())
