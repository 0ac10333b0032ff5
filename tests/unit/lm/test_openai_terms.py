"""What is sent besides the prompt, what servers make of it, and what completions say about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strop.lm.base import Request
from strop.lm.openai_chat import LEAST_TOKENS, Accepted, Remedy, RequestParameters, seed_of
from strop.lm.openai_wire import Settings, classify
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from support.loopback import kinds, loopback, rejected, texts
from support.server_faults import CONTEXT_TOKENS, THOUGHT

LIMITS = Settings(max_connections=4, retry=RetryPolicy(give_up_seconds=2.0), max_tokens=5000)
REQUEST = Request("expert", "a", 0.7)


def details(it: object, kind: str) -> list[str]:
    return [fault.detail for answer in it for fault in answer.faults if fault.fault == kind]  # type: ignore[attr-defined]


def sent_of(terms: Accepted) -> RequestParameters:
    return terms.parameters(REQUEST, 1, None)[0]


def test_openai_sends_the_limit_of_tokens_always() -> None:
    with loopback(limits=LIMITS) as it:
        (answer,) = it.ask("a")
        assert it.server.seen[0].body["max_tokens"] == 5000
        assert answer.parameters == {"temperature": 0.7, "max_tokens": 5000}


@pytest.mark.parametrize(("openai_itself", "name"), [(True, "max_completion_tokens"), (False, "max_tokens")])
def test_terms_name_the_limit_of_tokens_as_the_host_does(openai_itself: bool, name: str) -> None:
    terms = Accepted(max_tokens=7, seed=None, openai_itself=openai_itself)
    assert sent_of(terms).options()[name] == 7


def test_openai_sends_the_limit_by_its_other_name_when_the_server_rejects_the_first() -> None:
    with loopback(lambda number, body: "reject-max-tokens", LIMITS) as it:
        answers = it.ask("a") + it.ask("b")
        names = [name for seen in it.server.seen for name in seen.body if name.startswith("max_")]
        assert names == ["max_tokens", "max_completion_tokens", "max_completion_tokens"]
        assert [answer.parameters["max_tokens"] for answer in answers] == [5000, 5000]
        assert kinds(answers) == []


def test_openai_sends_no_limit_of_tokens_and_says_so_once_when_the_server_takes_none() -> None:
    with loopback(lambda number, body: "reject-limits", LIMITS) as it:
        answers = it.ask("a") + it.ask("b")
        assert [answer.parameters["max_tokens"] for answer in answers] == [None, None]
        assert details(answers, "parameter") == [
            "the server does not accept a limit of tokens: none is sent from now on"
        ]


def test_openai_asks_for_as_many_tokens_as_the_model_gives_and_remembers() -> None:
    with loopback(lambda number, body: "few-tokens:1000", LIMITS) as it:
        answers = it.ask("a") + it.ask("b")
        assert [seen.body["max_tokens"] for seen in it.server.seen] == [5000, 1000, 1000]
        assert [answer.parameters["max_tokens"] for answer in answers] == [1000, 1000]
        assert len(details(answers, "parameter")) == 1


def test_openai_asks_for_fewer_tokens_when_the_prompt_leaves_room_for_no_more() -> None:
    with loopback(lambda number, body: "small-context", LIMITS) as it:
        short, longer = it.ask("a") + it.ask("x" * 4 * 3000)
        sizes = [short.parameters["max_tokens"], longer.parameters["max_tokens"]]
        assert sizes[0] == 2500 and 500 <= sizes[1] <= CONTEXT_TOKENS - 3000  # type: ignore[operator]
        assert (short.finish_reason, longer.finish_reason) == ("stop", "stop")


def test_openai_answers_empty_when_the_prompt_leaves_no_room_at_all() -> None:
    with loopback(lambda number, body: "small-context", LIMITS) as it:
        (answer,) = it.ask("x" * 4 * CONTEXT_TOKENS)
        assert (answer.text, answer.finish_reason, it.server.billed) == ("", "refused", 0)


@pytest.mark.parametrize(
    ("said", "remedy", "room"),
    [
        (
            "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.",
            Remedy.FEWER_TOKENS,
            4096,
        ),
        (
            "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for this model",
            Remedy.FEWER_TOKENS,
            4096,
        ),
        (
            "'max_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your request has "
            "96 input tokens (8192 > 4096 - 96).",
            Remedy.FEWER_TOKENS,
            4000,
        ),
        (
            "This model's maximum context length is 8192 tokens. However, you requested 8292 tokens (100 in the messages, "
            "8192 in the completion). Please reduce the length of the messages or completion.",
            Remedy.FEWER_TOKENS,
            8092,
        ),
        ("`max_tokens` must be less than or equal to `2048`", Remedy.FEWER_TOKENS, 2048),
        ("max_tokens exceeds what is allowed", Remedy.FEWER_TOKENS, 4096),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", Remedy.OTHER_TOKENS_NAME, None),
        ("Unrecognized request argument supplied: seed", Remedy.DROP_SEED, None),
    ],
)
def test_rejection_of_the_limit_of_tokens_is_read_as_servers_write_it(
    said: str, remedy: Remedy, room: int | None
) -> None:
    place = endpoint_of("openai/m", base_url="http://127.0.0.1:1/v1", environ={})
    sent = RequestParameters(1, 0.7, 8192, "max_tokens", 1)
    assert classify(rejected(400, {"error": {"message": said}}), sent, place, now=0.0).remedy is remedy
    if room is not None:
        terms = Accepted(max_tokens=8192, seed=None, openai_itself=False)
        assert terms.fewer_tokens(said, sent)[0] == room


def test_terms_find_no_room_when_the_prompt_fills_the_context() -> None:
    said = "max_tokens is too large: maximum context length is 100 tokens, your request has 101 input tokens"
    terms = Accepted(max_tokens=64, seed=None, openai_itself=False)
    assert terms.fewer_tokens(said, sent_of(terms))[0] < LEAST_TOKENS


def test_openai_sends_each_sample_with_a_seed_of_its_own() -> None:
    with loopback(limits=replace(LIMITS, seed=3)) as it:
        answers = it.model.complete([Request("expert", "a", sample=sample) for sample in range(4)])
        seeds = [seen.body["seed"] for seen in it.server.seen]
        assert len(set(seeds)) == 4 and it.sizes() == [1, 1, 1, 1]
        assert sorted(seeds) == sorted(answer.parameters["seed"] for answer in answers)  # type: ignore[type-var]


def test_seed_is_the_same_again_and_another_for_every_other_request() -> None:
    others = [
        replace(REQUEST, sample=1),
        replace(REQUEST, scope="t1"),
        replace(REQUEST, message="b"),
        replace(REQUEST, expertise=""),
        replace(REQUEST, temperature=0.8),
    ]
    seeds = [seed_of(3, REQUEST), seed_of(4, REQUEST), *(seed_of(3, other) for other in others)]
    assert seed_of(3, replace(REQUEST)) == seeds[0]
    assert len(set(seeds)) == 7 and all(0 <= seed < 2**31 for seed in seeds)


def test_openai_drops_a_seed_that_the_server_rejects_and_says_so_once() -> None:
    with loopback(lambda number, body: "reject-seed", replace(LIMITS, seed=3)) as it:
        answers = it.ask("a") + it.ask("b", "b")
        assert ["seed" in seen.body for seen in it.server.seen] == [True, False, False]
        assert details(answers, "parameter") == ["the server does not accept a seed: none is sent from now on"]
        assert it.sizes() == [2, 1, 1]


@pytest.mark.parametrize("fault", ["think", "reasoning"])
def test_openai_keeps_reasoning_apart_from_the_answer(fault: str) -> None:
    with loopback([fault]) as it:
        answers = it.ask("a", "a")
        assert texts(answers) == ["a #0", "a #1"]
        assert [answer.reasoning for answer in answers] == [THOUGHT, THOUGHT]
