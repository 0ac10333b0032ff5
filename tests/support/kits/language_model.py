"""The conformance kit of language models: what every implementation must do, as small named checks.

To test your own implementation: `check_language_model(lambda: MyModel(...))`.

Each check makes its own models and closes them. A model that costs money gets about a hundred short requests and three long
ones. The quality of answers is not checked.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Fault, LanguageModel, Request, dropped

MakeModel = Callable[[], LanguageModel]

PROGRAM = "Improve this program:\n```python\ndef algorithm(values):\n    return sorted(values)[0]\n```\n"
"""The prompt of all checks, in the form that improvers use."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def says_what_it_is(make: MakeModel) -> None:
    """`name` is one line of text and does not change; `is_language_model` is a bool."""
    with _model(make) as model:
        name = model.name
        assert isinstance(name, str) and name.isprintable() and name != "", f"name must be one line of text: {name!r}"
        assert isinstance(model.is_language_model, bool), "is_language_model must be a bool"
        model.complete([_request()], dropped)
        assert model.name == name, "name must not change"


def nothing_asked_gives_an_empty_list(make: MakeModel) -> None:
    """Without requests there are no completions and no error."""
    with _model(make) as model:
        answered = model.complete([], dropped)
        assert answered == [], f"complete([]) must be [], not {answered!r}"


def each_request_gets_one_completion(make: MakeModel) -> None:
    """n samples of one prompt are n well-formed completions, mixed with another prompt or not; a tuple works like a list."""
    with _model(make) as model:
        requests = [*(_request(sample=sample) for sample in range(5)), _request("Another prompt."), _request(sample=5)]
        asked = list(requests)
        _well_formed(model.complete(requests, dropped), len(asked))
        assert requests == asked, "complete must not change the list it is given"
        _well_formed(model.complete(tuple(asked[:2]), dropped), 2)


def order_is_kept(make: MakeModel) -> None:
    """Completions are in the order of their requests. Checked only for deterministic models."""
    requests = [_request(f"Part {number}.", temperature=0.0) for number in range(4)]
    alone, again = ([_alone(make, request) for request in requests] for _ in range(2))
    with _model(make) as model:
        together = [completion.text for completion in model.complete(requests, dropped)]
    if alone == again and sorted(alone) == sorted(together):
        assert alone == together, "the order of completions must be that of the requests"


def any_request_is_answered(make: MakeModel) -> None:
    """An empty prompt, other scripts, control characters and lone surrogates cause no error; temperatures are clipped."""
    with _model(make) as model:
        texts = ["Améliore 改善 🪒", "nul \x00 bell \x07", "lone \ud800 surrogate", "\u202e\n\r\t"]
        requests = [Request("", ""), *map(_request, texts)]
        requests += [_request(temperature=temperature) for temperature in (0.0, 0.7, 1.0, 2.0, 50.0, 1e308)]
        _well_formed(model.complete(requests, dropped), len(requests))


def huge_prompts_break_nothing(make: MakeModel) -> None:
    """A prompt of a megabyte is answered or refused, with an empty completion or in the error's form."""
    with _model(make) as model:
        requests = [_request("# padding\n" * 100_000), _request()]
        with suppress(LanguageModelError):
            _well_formed(model.complete(requests, dropped), 2)
        _well_formed(model.complete([_request()], dropped), 1)


def each_completion_is_kept_once(make: MakeModel) -> None:
    """`keep` gets each completion with the position of its request, once, before `complete` returns it."""
    with _model(make) as model:
        requests = [_request(sample=sample) for sample in range(3)] + [_request("Another prompt.")]
        recorded: list[tuple[int, Completion]] = []
        returned = list(model.complete(requests, lambda position, completion: recorded.append((position, completion))))
        _kept_as_returned(recorded, returned)


def completions_are_kept_in_the_thread_that_asked(make: MakeModel) -> None:
    """`keep` is called in the thread that called `complete`, whichever that is."""
    with _model(make) as model, ThreadPoolExecutor(2) as pool:

        def ask(number: int) -> None:
            threads: list[int] = []
            requests = [_request(f"Asker {number}, part {part}.") for part in range(3)]
            model.complete(requests, lambda position, completion: threads.append(threading.get_ident()))
            assert set(threads) == {threading.get_ident()}, (
                "keep must be called in the thread that called complete, only"
            )

        for call in [pool.submit(ask, number) for number in range(2)]:
            call.result()


def what_came_is_kept_when_a_call_fails(make: MakeModel) -> None:
    """A call that fails half-way has kept what arrived, each once. The model is closed at the first answer, so models that send
    requests one by one fail; models that answer everything anyway keep it all."""
    with _model(make) as model:
        requests = [_request(f"Part {number} of many.") for number in range(24)]
        recorded: list[tuple[int, Completion]] = []

        def keep(position: int, completion: Completion) -> None:
            recorded.append((position, completion))
            model.finish()

        try:
            completions: list[object] = list(model.complete(requests, keep))
        except LanguageModelError:
            completions = [dict(recorded).get(position) for position in range(len(requests))]
        _kept_as_returned(recorded, completions)


def threads_may_share_a_model(make: MakeModel) -> None:
    """Eight concurrent threads each get their own completions."""
    with _model(make) as model, ThreadPoolExecutor(8) as pool:
        calls = [
            pool.submit(model.complete, [_request(f"Thread {thread}.", sample=sample) for sample in range(3)], dropped)
            for thread in range(8)
        ]
        for call in calls:
            _well_formed(call.result(), 3)


def finish_and_close_are_idempotent(make: MakeModel) -> None:
    """A model can be closed twice, used or not."""
    for requests in ([], [_request()]):
        model = make()
        model.complete(requests, dropped)
        for end in (model.finish, model.finish, model.close, model.close):
            end()


CHECKS: tuple[Callable[[MakeModel], None], ...] = (
    says_what_it_is,
    nothing_asked_gives_an_empty_list,
    each_request_gets_one_completion,
    order_is_kept,
    any_request_is_answered,
    huge_prompts_break_nothing,
    each_completion_is_kept_once,
    completions_are_kept_in_the_thread_that_asked,
    what_came_is_kept_when_a_call_fails,
    threads_may_share_a_model,
    finish_and_close_are_idempotent,
)
"""Every check. Each takes a function that makes a new model, and raises AssertionError with a reason."""


def check_language_model(make: MakeModel) -> None:
    """Run every check of `CHECKS`.

    Raises:
        AssertionError: the first check that fails; the message says what was expected.
    """
    for check in CHECKS:
        check(make)


def _request(more: str = "", *, temperature: float = 0.7, sample: int = 0) -> Request:
    return Request("You are an expert programmer.", PROGRAM + more, temperature, sample=sample)


@contextmanager
def _model(make: MakeModel) -> Iterator[LanguageModel]:
    model = make()
    try:
        yield model
    finally:
        model.close()


def _alone(make: MakeModel, request: Request) -> str:
    with _model(make) as model:
        return model.complete([request], dropped)[0].text


def _kept_as_returned(recorded: list[tuple[int, Completion]], completions: Sequence[object]) -> None:
    """Check that exactly the completions in `given` (None for a request without one) were kept, each once."""
    positions = [position for position, _ in recorded]
    assert len(set(positions)) == len(positions), f"keep must be called once for each completion: {positions}"
    expected = [position for position, completion in enumerate(completions) if completion is not None]
    assert sorted(positions) == expected, f"keep must be called for {expected}, not for {sorted(positions)}"
    for position, completion in recorded:
        assert completions[position] == completion, f"keep must get what complete gives for request {position}"


def _well_formed(completions: Sequence[Completion], expected: int) -> None:
    assert isinstance(completions, list), f"complete must return a list, not {type(completions).__name__}"
    assert len(completions) == expected, f"{expected} requests need {expected} completions, not {len(completions)}"
    for completion in completions:
        assert isinstance(completion, Completion), f"not a Completion: {completion!r}"
        assert isinstance(completion.text, str), "text must be a str"
        assert not _SURROGATE.search(completion.text), "text must be encodable as UTF-8: no lone surrogates"
        assert isinstance(completion.model, str) and completion.model != "", "model must say what answered"
        assert isinstance(completion.finish_reason, str), "finish_reason must be a str"
        for tokens in (completion.input_tokens, completion.output_tokens):
            assert tokens is None or (type(tokens) is int and tokens >= 0), f"tokens must be None or 0 and up: {tokens}"
        assert completion.seconds >= 0.0, "seconds must be 0 and up"
        assert completion.reasoning is None or isinstance(completion.reasoning, str), "reasoning must be None or a str"
        assert not _SURROGATE.search(completion.reasoning or ""), (
            "reasoning must be encodable as UTF-8: no lone surrogates"
        )
        assert _is_json(dict(completion.parameters)), "parameters must be names with numbers, texts or None"
        faults = completion.faults
        assert isinstance(faults, tuple) and all(isinstance(f, Fault) for f in faults), (
            "faults must be a tuple of Fault"
        )


def _is_json(parameters: dict[str, object]) -> bool:
    return all(
        isinstance(name, str) and (value is None or isinstance(value, (int, float, str)))
        for name, value in parameters.items()
    )
