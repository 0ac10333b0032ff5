"""classify(): code beats words, and no text hangs it or crashes it."""

from __future__ import annotations

import random

import pytest

from strop.analysis.strategy import VOCABULARY, Behaviour, Strategy, classify
from unit.analysis.strategy.corpus import labels, text_of

HEAD = "def improve_algorithm(initial_solution, utility, language_model):\n"


def body(*lines: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in lines)


ASK = "answers = language_model.prompt('expert', f'Improve {initial_solution}', n_responses=6)"


def test_words_are_told_as_claims_when_the_code_does_not_do_it() -> None:
    found = classify(
        body("'''Simulated annealing over a beam.'''", ASK, "return max(answers, key=utility)").replace(
            "answers", "beam"
        )
    )
    assert (found.name, found.also) == ("seed", ("claims beam-search", "claims simulated-annealing"))


def test_names_do_not_matter_when_the_code_does_it() -> None:
    text = text_of("seen", "metropolis").replace("accept", "f")
    assert classify(text).name == "simulated-annealing"


def test_nothing_is_claimed_that_the_code_does() -> None:
    found = classify('"""Simulated annealing."""\n' + text_of("seen", "metropolis"))
    assert found.name == "simulated-annealing" and "claims simulated-annealing" not in found.also


def test_code_that_is_never_reached_counts_for_nothing() -> None:
    text = body(
        ASK, "if False:", "    for x in sorted(answers, key=utility)[:3]:",
        "        answers = language_model.prompt('e', x)", "return max(answers, key=utility)",
    )  # fmt: skip
    assert classify(text).name == "seed"
    assert classify(text.replace("if False", "if language_model.remaining")).name == "beam-search"


def test_random_walk_is_no_annealing_when_no_score_decides() -> None:
    text = body(
        "import math, random", ASK, "best = initial_solution",
        "for each in answers:", "    if random.random() < math.exp(-1):", "        best = each", "return best",
    )  # fmt: skip
    assert classify(text).name != "simulated-annealing"


def test_list_that_is_cut_but_not_ranked_by_the_utility_is_no_beam() -> None:
    text = body(
        "kept = [initial_solution]", "while language_model.remaining:",
        "    for each in kept[:3]:", "        kept += language_model.prompt('e', f'Improve {each}')",
        "return max(kept, key=utility)",
    )  # fmt: skip
    assert classify(text).name == "greedy"


def test_ranked_list_is_a_beam_when_each_of_its_first_is_shown() -> None:
    text = body(
        "kept = [initial_solution]", "while language_model.remaining:",
        "    for each in sorted(kept, key=utility)[:3]:", "        kept += language_model.prompt('e', f'Improve {each}')",
        "return max(kept, key=utility)",
    )  # fmt: skip
    assert classify(text).name == "beam-search"


def test_temperature_of_one_value_by_several_ways_does_not_vary() -> None:
    text = body(
        "def ask(t=0.7):", "    return language_model.prompt('e', initial_solution, 6, temperature=t)",
        "return max([*ask(), *ask(0.7)], key=utility)",
    )  # fmt: skip
    assert classify(text).name == "seed"  # that it asks twice, only its behaviour tells
    assert classify(text, Behaviour(1, lm_calls=2, most_calls=2, utility_calls=12)).name == "best-of-n"


def test_traits_beside_the_name_are_told() -> None:
    found = classify(text_of("textbook", "earlier_beam"))
    assert found.name == "beam-search" and "varying-temperature" in found.also and len(found.why) == 2


def test_evidence_never_quotes_the_program() -> None:
    text = body("'''\x1b[2J'''", "x = '\x1b[2J'", "language_model.prompt(x, x, temperature=utility(x))", "return x")
    found = classify(text)
    assert "\x1b" not in repr((found.name, found.also, found.why)).encode().decode("unicode_escape")


@pytest.mark.parametrize(
    "text",
    [
        "", "def improve_algorithm(", "class improve_algorithm: pass", "improve_algorithm = 3", "\0", "\ud800",
        "def other(initial_solution, utility, language_model):\n    return initial_solution\n",
    ],
)  # fmt: skip
def test_text_is_broken_when_it_defines_no_improver(text: str) -> None:
    assert classify(text).name == "broken"


HOSTILE = {
    "too long": body("x = 1") * 5000,
    "costly to parse": "import a" + ".a" * 5000,
    "deep expression": body("return " + "(" * 5000 + "1" + ")" * 5000),
    "long sum": body("return " + "+".join(["initial_solution"] * 9000)),
    "many branches": body(*(f"if x{i}: a{i} = initial_solution" for i in range(4000))),
    "nested loops": HEAD
    + "".join("    " * (i + 1) + f"for a{i} in b:\n" for i in range(18))
    + "    " * 19
    + "utility(a0)",
    "calls that double": "".join(f"def f{i}(x): return f{i + 1}(x), f{i + 1}(x)\n" for i in range(60))
    + body("return f0(1)"),
    "endless recursion": "def f(x): return f(f(x))\n" + body("return f(initial_solution)"),
    "calls in calls": body("return initial_solution" + ".replace('a', utility(initial_solution))" * 80),
    "calls in arguments": body("return " + "'{}'.format(" * 60 + "initial_solution" + ")" * 60),
    "keys in keys": body("return " + "max(initial_solution, key=" * 60 + "utility" + ")" * 60),
    "one value for many names": body(
        " = ".join(f"a{i}" for i in range(3000)) + " = [" + "initial_solution," * 3000 + "]"
    ),
    "many functions": "".join(f"def f{i % 7}(x, y{i}=1): return f{(i + 1) % 7}(x)\n" for i in range(3000))
    + body("return f0(1)"),
    "many lambdas": body("x = [" + "lambda y: utility(y)," * 4000 + "]", "return x"),
    "function of itself": body("return (lambda f: f(f))(lambda f: f(f))"),
    "list in itself": body("x = [initial_solution]", "x.append(x)", "x[0] = x", "return max(x, key=utility)"),
    "object of itself": "class A:\n    pass\n" + body("a = A()", "a.a = a", "a.b = [a]", "return a.a.b[0].a"),
    "class of itself": "class A:\n    pass\nclass A(A):\n    pass\n" + body("return A().f(A)"),
    "huge numbers": body("x = [0x" + "f" * 9000 + ", 1e999, 2j]", "return utility(x[0])"),
    "huge powers": body("return 9 ** 9 ** 9 ** 9", "x = 10.0 ** 400 * 1e308 * 1e308"),
    "no arguments": body("max()", "sorted()", "language_model.prompt()", "utility()", "''.join()", "random.choice()"),
    "strange arguments": body(
        "max(*[], key=1)", "zip()", "map(1)", "dict(1, 2)", "[].pop(*[1])", "functools.partial()()"
    ),
    "star of nothing": "def improve_algorithm(*a, **k):\n    return a[0]\n",
    "no parameters": "def improve_algorithm():\n    return 1\n",
}


@pytest.mark.heavy
def test_hostile_texts_are_named() -> None:
    assert {name for name, text in HOSTILE.items() if classify(text).name not in VOCABULARY} == set()


@pytest.mark.heavy
def test_any_mixture_of_programs_is_named() -> None:
    rng = random.Random(11)
    lines = [
        line for corpus, named in labels().items() for name in named for line in text_of(corpus, name).splitlines()
    ]
    for _ in range(60):
        mixed = body(
            *(line.strip() for line in rng.sample(lines, 30) if not line.strip().endswith((":", "(", "[", "{")))
        )
        assert isinstance(classify(mixed), Strategy)
        own = text_of(
            *rng.choice([(corpus, name) for corpus, named in labels().items() for name in named])
        ).splitlines()
        del own[rng.randrange(len(own))]
        assert isinstance(classify("\n".join(own)), Strategy)
