"""What is known of each problem: its name is an entry point, and a published construction, made again, is no record."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from strop.tasks.registry import PROBLEMS, problems
from support.rows import table

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
VERIFIED = {
    "circles-26": ["2.6359830848951", "2.635862756413698"],
    "circles-32": ["2.9395727711781", "2.93957277120", "2.937944526205518"],
    "circles-rectangle-21": ["2.365832133416763"],
    "heilbronn-triangle-11": ["0.03652988988003004"],
    "heilbronn-convex-13": ["0.03093688903489562"],
    "hexagons-11": ["3.930092"],
    "hexagons-12": ["3.9419123"],
    "distance-ratio-2d": ["12.88922990771752", "12.88922990769403"],
    "distance-ratio-3d": ["4.165849767225653", "4.16578347458010"],
    "minimum-overlap": ["0.3808703105862199", "0.3808753232177187"],
    "autocorrelation-1": ["1.502862858705311"],
    "autocorrelation-2": ["0.9612055422690108"],
    "autocorrelation-3": ["1.453675465595183"],
    "uncertainty": ["0.3188545891623888"],
    "sums-and-differences": ["1.147988896509276"],
    "kissing-11": ["604"],
    "matrix-product-245": ["33"],
}
"""Problem → exact values of published constructions, and of our references where they reach them (README.md)."""


def test_every_problem_that_strop_names_is_offered_and_no_other() -> None:
    points = tomllib.loads(PROJECT.read_text())["project"]["entry-points"]["strop.tasks"]
    assert tuple(points) == PROBLEMS and tuple(problems()) == tuple(VERIFIED) == PROBLEMS[: len(VERIFIED)]
    assert all(problem.name == name for name, problem in problems().items())


def test_file_of_a_program_of_ours_is_named_after_its_problem() -> None:
    folder = Path(__file__).parents[1] / "strop_problems" / "programs"
    assert {path.stem.replace("_", "-") for path in folder.glob("*.py")} == {*VERIFIED} - {"hexagons-11", "hexagons-12"}


@table("name", VERIFIED)
def test_published_construction_made_again_is_no_better_than_the_best_known_by_more_than_rounding(name: str) -> None:
    problem = problems()[name].problem
    assert problem is not None and problem.best_known is not None
    known = problem.best_known.value
    places = 0 if known.denominator == 1 else -int(Decimal(repr(float(known))).as_tuple().exponent)
    for value in map(Fraction, VERIFIED[name]):
        ahead = (value - known) * (1 if problem.better == "higher" else -1)
        assert ahead <= max(Fraction(places and 1, 2 * 10**places), abs(known) * Fraction(1, 10**14))
