"""A model that is paid out of a budget: held before the call, settled after it, and never a paid answer lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from strop.base.budget import COST, TOKENS, Budget
from strop.base.errors import LanguageModelError, RunBudgetSpent
from strop.base.events import BudgetMoved
from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.metering import UNKNOWN_USAGE, Bill, Metered
from strop.lm.prices import NOTHING, OVERHEAD_TOKENS, Tariff, read_price
from strop.lm.scripted import Scripted
from support.rows import table

TARIFF = Tariff(read_price("1,2"), max_tokens=1000)
"""A dollar a million tokens in, two out: 1000 and 2000 billionths each."""
PROMPT = Request("", "0123456789", scope="t1/improve")
WORST = Bill(10 + OVERHEAD_TOKENS + 1000, 1000 * (10 + OVERHEAD_TOKENS) + 2000 * 1000)


@dataclass
class Says:
    """A language model that tells of its answers what it is told to."""

    answer: Callable[[int], Completion | None]
    """By the number of the response; None fails the call."""
    faults: tuple[Fault, ...] = ()
    name: str = "says"
    is_language_model: bool = True
    asked: list[int] = field(default_factory=list)
    """How many responses each call asked for."""
    given: int = 0

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        self.asked.append(len(requests))
        answers: list[Completion | None] = []
        for position in range(len(requests)):
            answers.append(self.answer(self.given))
            self.given += 1
            if (last := answers[-1]) is not None:
                keep(position, last)
        if None in answers:
            raise LanguageModelError("some were not answered", self.faults)
        return [each for each in answers if each is not None]

    def finish(self) -> None: ...

    def close(self) -> None: ...


def used(tokens_in: int | None, tokens_out: int | None, *faults: Fault, text: str = "text") -> Completion:
    return Completion(text, "m", input_tokens=tokens_in, output_tokens=tokens_out, faults=faults)


def metered(model: Says | Scripted, run: Budget, tariff: Tariff = TARIFF) -> Metered:
    return Metered(model, {model.name: tariff}, run)


def test_worst_case_is_held_before_a_call_and_replaced_by_the_servers_usage_after_it() -> None:
    told: list[BudgetMoved] = []
    run = Budget(on_movement=told.append)
    improve = run.child("t1").child("improve")
    (completion,) = metered(Says(lambda _: used(7, 30)), run).complete([PROMPT], dropped)
    assert completion.cost == 7 * 1000 + 30 * 2000
    assert (improve.used(COST), improve.used(TOKENS), run.held(COST)) == (completion.cost, 37, 0)
    assert [(m.scope, m.counter, m.amount) for m in told] == [
        ("t1/improve", TOKENS, WORST.tokens),
        ("t1/improve", COST, WORST.cost),
        ("t1/improve", TOKENS, 37 - WORST.tokens),
        ("t1/improve", COST, completion.cost - WORST.cost),
    ]


def test_worst_case_counts_the_bytes_of_a_prompt_where_it_has_other_letters_than_english() -> None:
    worst = metered(Says(lambda _: used(1, 1)), Budget()).worst_case(Request("é", "漢\ud800"))
    assert worst.tokens == 2 + 3 + 1 + OVERHEAD_TOKENS + 1000


def test_nothing_is_asked_when_the_worst_case_is_not_covered_and_the_error_says_what_is_left() -> None:
    model, run = Says(lambda _: used(1, 1)), Budget({TOKENS: WORST.tokens - 1})
    with pytest.raises(
        RunBudgetSpent, match="max_tokens 1,109 is spent: 0 used, and the next call may take up to 1,110"
    ):
        metered(model, run).complete([PROMPT], dropped)
    assert (model.asked, run.used(TOKENS)) == ([], 0)


def test_part_of_a_batch_is_asked_and_kept_when_the_budget_covers_only_part() -> None:
    model, run = Says(lambda n: used(10, 1000, text=f"answer {n}")), Budget({COST: 3 * WORST.cost})
    kept: list[tuple[int, str]] = []
    with pytest.raises(RunBudgetSpent, match=r"max_cost \$0\.0063 is spent") as caught:
        metered(model, run).complete([PROMPT] * 6, lambda position, c: kept.append((position, c.text)))
    assert caught.value.detail == "--max-cost $0.0063 was spent", "a record speaks as the commands that show it"
    assert model.asked == [3] and kept == [(n, f"answer {n}") for n in range(3)]
    assert run.used(COST) == 3 * (10 * 1000 + 1000 * 2000)


def test_whole_batch_is_answered_in_parts_when_what_is_given_back_covers_the_rest() -> None:
    model, run = Says(lambda _: used(10, 1)), Budget({TOKENS: 3 * WORST.tokens})
    assert len(metered(model, run).complete([PROMPT] * 7, dropped)) == 7
    assert model.asked == [3, 2, 2] and run.used(TOKENS) == 77


def test_every_later_call_is_refused_when_one_was_as_the_run_ends() -> None:
    model, run = Says(lambda _: used(1, 1)), Budget({TOKENS: WORST.tokens})
    asking = metered(model, run)
    with pytest.raises(RunBudgetSpent):
        asking.complete([Request("", "x" * 5000)], dropped)
    with pytest.raises(RunBudgetSpent):
        asking.complete([PROMPT], dropped)
    assert model.asked == []


@table(
    ("completion", "tokens"),
    [
        (used(None, None), WORST.tokens),
        (used(7, None), 7 + 1000),
        (used(0, 0), WORST.tokens),
        (used(7, 0), 7 + 1000),
        (used(7, 0, text=""), 7),
        (used(10**12, 5), WORST.tokens),
        (used(7, 10**12), WORST.tokens),
        (used(7, 1500), 7 + 1500),
        (Completion("", "m", finish_reason="refused"), 0),
    ],
    ids=["missing", "half", "nothing", "no-output", "empty", "absurd-in", "absurd-out", "beyond-the-limit", "refused"],
)
def test_worst_case_stays_when_usage_is_missing_or_cannot_be_right(completion: Completion, tokens: int) -> None:
    run = Budget()
    (kept,) = metered(Says(lambda _: completion), run).complete([PROMPT], dropped)
    assert run.used(TOKENS) == tokens and run.used(COST) == kept.cost
    assert max(kept.input_tokens or 0, kept.output_tokens or 0) < 10**12  # what is not believed is not recorded


@table("limits", [{}, {TOKENS: 10**9}])
def test_unknown_usage_is_said_once_and_only_where_something_is_limited_and_is_no_fault(
    limits: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    asking = metered(Says(lambda _: used(None, None)), Budget(limits))
    assert [c.faults for _ in range(2) for c in asking.complete([PROMPT] * 2, dropped)] == [()] * 4
    assert capsys.readouterr().err == (f"strop: says {UNKNOWN_USAGE}\n" if limits else "")


def test_server_s_own_cost_counts_where_it_is_dearer_and_is_reserved_from_then_on() -> None:
    model, run = Says(lambda n: replace(used(10, 20), cost=400_000_000)), Budget({COST: 10**9})
    asking = metered(model, run)
    assert [c.cost for c in asking.complete([PROMPT], dropped)] == [400_000_000]
    assert asking.worst_case(PROMPT).cost == 400_000_000
    asking.complete([PROMPT], dropped)
    with pytest.raises(RunBudgetSpent, match=r"\$0\.80 used, and the next call may take up to \$0\.40"):
        asking.complete([PROMPT], dropped)
    assert run.used(COST) == 800_000_000


def test_server_s_own_cost_is_told_where_no_price_is_known_and_the_price_counts_where_it_is_dearer() -> None:
    told = Says(lambda n: replace(used(10, 20), cost=7))
    assert metered(told, Budget(), Tariff(None, 1000)).complete([PROMPT], dropped)[0].cost == 7
    assert metered(told, Budget()).complete([PROMPT], dropped)[0].cost == 10 * 1000 + 20 * 2000


@table(("tokens", "counted"), ((99, 2000 + OVERHEAD_TOKENS), (100, 100)))
def test_prompt_of_more_than_twenty_bytes_a_token_is_not_believed(tokens: int, counted: int) -> None:
    run = Budget()
    metered(Says(lambda _: used(tokens, 5)), run).complete([Request("", "x" * 2000)], dropped)
    assert run.used(TOKENS) == counted + 5


def test_worst_case_is_reserved_however_many_answers_came() -> None:
    model, run = Says(lambda _: used(10, 100)), Budget({TOKENS: 40 * WORST.tokens})
    asking = metered(model, run)
    for _ in range(20):
        asking.complete([PROMPT], dropped)
    asking.complete([PROMPT] * 64, dropped)
    assert max(model.asked) < 40 and run.used(TOKENS) == 84 * 110


def test_costs_sum_to_what_was_paid_when_the_first_of_several_responses_carries_the_usage_of_all() -> None:
    model, run = Says(lambda n: used(10, 120) if n == 0 else used(0, 0)), Budget()
    completions = metered(model, run).complete([PROMPT] * 6, dropped)
    assert [c.cost for c in completions] == [10 * 1000 + 120 * 2000, 0, 0, 0, 0, 0]
    assert (run.used(COST), run.used(TOKENS), run.held(COST)) == (250_000, 130, 0)


def test_attempt_that_may_have_been_billed_counts_at_its_worst_case_with_the_answer_that_came() -> None:
    run, doubt = Budget(), Fault("timeout", "no response in time", 1, maybe_billed=True)
    harmless = Fault("rate_limited", "429", 2)
    model = Says(lambda n: used(10, 20, doubt, harmless) if n == 0 else used(0, 0))
    completions = metered(model, run).complete([PROMPT] * 3, dropped)
    assert run.used(TOKENS) == 30 + 3 * WORST.tokens and completions[0].cost == 10 * 1000 + 20 * 2000


def test_unanswered_request_costs_nothing_unless_it_may_have_been_billed() -> None:
    run = Budget()
    with pytest.raises(LanguageModelError):
        metered(Says(lambda n: used(10, 20) if n else None), run).complete([PROMPT] * 2, dropped)
    assert run.used(TOKENS) == 30 and run.held(TOKENS) == 0
    doubt = Fault("connection", "reset", 1, maybe_billed=True)
    with pytest.raises(LanguageModelError):
        metered(Says(lambda n: None, (doubt, doubt)), run).complete([PROMPT], dropped)
    assert run.used(TOKENS) == 30 + 2 * WORST.tokens


def test_worst_case_stays_when_the_model_breaks_without_saying_what_it_asked() -> None:
    run = Budget()

    def broken(number: int) -> Completion:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        metered(Says(broken), run).complete([PROMPT] * 2, dropped)
    assert (run.used(COST), run.held(COST)) == (2 * WORST.cost, 0)


def test_tokens_are_counted_and_no_cost_is_told_when_no_price_is_known() -> None:
    run = Budget()
    (completion,) = metered(Says(lambda _: used(5, 6)), run, Tariff(None, 1000)).complete([PROMPT], dropped)
    assert (completion.cost, run.used(COST), run.used(TOKENS)) == (None, 0, 11)


def test_stand_in_costs_nothing_and_moves_no_budget() -> None:
    told: list[BudgetMoved] = []
    run = Budget({COST: 0, TOKENS: 0}, on_movement=told.append)
    (completion,) = metered(Scripted(["a"]), run, Tariff(NOTHING, 1000, tokenless=True)).complete([PROMPT], dropped)
    assert (completion.cost, told) == (0, [])


def test_member_of_a_mixture_is_billed_by_its_own_tariff_and_held_by_the_dearest() -> None:
    run, dear = Budget(), Tariff(read_price("10,20"), max_tokens=50)
    model = Says(lambda n: Completion("t", "m", input_tokens=1, output_tokens=1, lm=["cheap", "dear", "other"][n]))
    asking = Metered(model, {"cheap": TARIFF, "dear": dear}, run)
    assert asking.worst_case(PROMPT) == Bill(WORST.tokens, max(WORST.cost, 110 * 10_000 + 50 * 20_000))
    assert [c.cost for c in asking.complete([PROMPT] * 3, dropped)] == [3000, 30_000, 30_000]


def test_limit_is_kept_and_calls_go_on_at_once_when_many_threads_ask_with_little_left() -> None:
    rng = random.Random(5)
    model, run = Says(lambda n: used(10, rng.randrange(1, 1000))), Budget({TOKENS: 60 * WORST.tokens})
    asking, answered = metered(model, run), [0]

    def improver(number: int) -> None:
        for _ in range(30):
            try:
                asking.complete(
                    [PROMPT] * 3, lambda position, completion: answered.append(completion.output_tokens or 0)
                )
            except RunBudgetSpent:
                return

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(improver, range(16)))
    assert run.used(TOKENS) == sum(answered) + 10 * (len(answered) - 1)
    assert 59 * WORST.tokens < run.used(TOKENS) <= 60 * WORST.tokens and run.held(TOKENS) == 0
