"""The pictures of instances: legible, and true to the instance."""

from __future__ import annotations

import re

import numpy as np
import pytest

from strop.tasks.base import PublishedSeeds, Split
from strop.tasks.paper.facts import SPLITS
from strop.tasks.paper.string_grid_distance.task import distance
from strop.tasks.pictures import PLAIN, beside, framed, picture_of, shaded
from strop.tasks.registry import META, PAPER


@pytest.mark.heavy
@pytest.mark.parametrize("most", [4, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", PAPER)
def test_picture_fits_a_terminal_of_80_columns_and_40_lines_whatever_is_drawn(
    name: str, split: Split, most: int
) -> None:
    task = PAPER[name]()
    for index in range(min(task.count(split), most)):
        lines = picture_of(task, split, index).split("\n")
        assert max(map(len, lines)) <= 80 and len(lines) <= 40, index
        assert all(line.translate(PLAIN).isascii() for line in lines)


@pytest.mark.heavy
@pytest.mark.parametrize("name", PAPER)
def test_picture_is_the_same_when_drawn_again_and_another_one_of_another_instance(name: str) -> None:
    task = PAPER[name]()
    assert picture_of(task) == picture_of(task) != picture_of(task, "test", 1)


@pytest.mark.parametrize("name", META)
def test_picture_of_a_meta_task_fits_a_terminal(name: str) -> None:
    assert max(map(len, META[name]().picture.split("\n"))) <= 80


@pytest.mark.parametrize("name", ["lpn", "parity"])
def test_picture_marks_exactly_the_labels_that_the_hidden_bits_do_not_give(name: str) -> None:
    task = PAPER[name]()
    for index in range(5):
        lines = picture_of(task, "test", index).split("\n")[3:]
        bits = np.array([mark == "▼" for mark in f"{lines[0]:<10}"[:10]])
        drawn = task.instance("test", index, PublishedSeeds())
        assert np.array_equal(drawn["test_samples"][:, bits].sum(axis=1) % 2, drawn.hidden)
        wrong = drawn["train_samples"][:, bits].sum(axis=1) % 2 != drawn["train_parity"]
        assert sum(line.count("◂") for line in lines) == wrong.sum()
        assert all(("◂" in line.split("   ")[0]) == wrong[row] for row, line in enumerate(lines[1:26]))


def test_picture_of_the_grid_shows_a_string_at_the_distance() -> None:
    task = PAPER["string-grid-distance"]()
    for index in range(20):
        drawn = task.instance("train", index, PublishedSeeds())
        lines = picture_of(task, "train", index).split("\n")
        t, s = (re.sub(r"[^AB]", "", lines[row]) for row in (2, 4))
        assert t == drawn["t"] and distance(s, t) == drawn["dist"]
        assert sum(lines[row].count(mark) for row, mark in ((2, "|"), (3, "x"), (4, "|"))) == drawn["dist"]


def test_picture_of_a_formula_shows_its_clauses_in_order() -> None:
    drawn = PAPER["3sat"]().instance("train", 0, PublishedSeeds())
    rows = picture_of(PAPER["3sat"]()).split("\n")[3:]
    assert rows[0].split()[0] == "".join("01"[value] for value in drawn.hidden)
    for clause, row in zip(drawn["formula"], rows[2:], strict=False):
        signs = {place + 1: sign for place, sign in enumerate(row.split("   ")[0]) if sign != "·"}
        assert {v if sign in "▲△" else -v for v, sign in signs.items()} == set(clause)
        assert all((sign in "▲▼") == (drawn.hidden[v - 1] == (sign in "▲△")) for v, sign in signs.items())


def test_picture_of_matrices_is_darker_where_a_number_is_higher() -> None:
    drawn = PAPER["modified-qap"]().instance("train", 0, PublishedSeeds())
    rows = [line[1:31:2] for line in picture_of(PAPER["modified-qap"]()).split("\n")[3:18]]
    assert [[" ░▒▓█".index(cell) for cell in row] for row in rows] == (drawn["F"] * 5).astype(int).tolist()


def test_picture_of_a_graph_tells_the_weight_that_its_cut_cuts() -> None:
    text = picture_of(PAPER["maxcut"]())
    (share,) = re.findall(r"it cuts ([\d.]+)%", text)
    assert 55 < float(share) < 61
    one, other = map(int, re.findall(r"─ (\d+) and (\d+) nodes", text)[0])
    assert one + other == len(PAPER["maxcut"]().instance("train", 0, PublishedSeeds())["adjacency_matrix"])


def test_shades_go_from_blank_to_full() -> None:
    assert shaded([[0.0, 0.25, 0.5, 0.75, 1.0]], 0.0, 1.0) == ["  ░░▒▒▓▓██"]
    assert shaded([[7.0]], 7.0, 7.0) == ["  "]


def test_blocks_of_unequal_height_stand_beside_each_other() -> None:
    assert beside(["a", "bb"], ["c"], gap=1) == ["a  c", "bb"]
    assert framed(["x", "yy"]) == ["┌──┐", "│x │", "│yy│", "└──┘"]
