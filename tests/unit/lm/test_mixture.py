"""Several models as one: who is asked, what is kept, and that it is always the same one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from strop.base.errors import LanguageModelError
from strop.lm import registry
from strop.lm.base import Completion, Keep, Request, dropped
from strop.lm.mixture import Member, Mixture
from strop.lm.options import META
from strop.lm.scripted import Scripted
from support.rows import table

REQUESTS = [Request("expert", f"message {number}") for number in range(4000)]


def mixture(*weights: float, seed: int = 0) -> Mixture:
    members = [
        Member(name, Scripted(lambda request, name=name: f"{name}: {request.message}"), weight)
        for name, weight in zip("abcdefgh", weights, strict=False)
    ]
    return Mixture(members, name="mix:[]", seed=seed)


def test_mixture_gives_each_member_its_share_by_weight_and_keeps_the_order_and_says_who_answered() -> None:
    completions = mixture(3, 1).complete(REQUESTS, dropped)
    asked = Counter(completion.text[0] for completion in completions)
    assert 2900 < asked["a"] < 3100 and asked["a"] + asked["b"] == 4000  # 3000 ± 3.7 standard deviations
    assert [each.text[3:] for each in completions] == [request.message for request in REQUESTS]
    assert all(each.lm == each.text[0] for each in completions)


@table(
    "scope, expected",
    [
        ("t1/improve", {"meta"}),
        ("t12/improve", {"meta"}),
        ("t1/improve/u-0#0/copy1", {"a", "b"}),
        ("final/gate", {"a", "b"}),
    ],
)
def test_model_of_the_meta_level_gets_all_requests_for_improvers_and_no_other(scope: str, expected: set[str]) -> None:
    levels = {"a": "", "b": "", "meta": META}
    members = [Member(name, Scripted(lambda request: "x"), level=level) for name, level in levels.items()]
    three = Mixture(members, name="mix:[]")
    asked = three.complete([replace(request, scope=scope) for request in REQUESTS[:40]], dropped)
    assert {completion.lm for completion in asked} == expected


def test_mixture_asks_the_same_member_again_whatever_is_asked_beside_it_and_draws_by_its_seed() -> None:
    first, second, other = mixture(1, 1), mixture(1, 1), mixture(1, 1, seed=1)
    alone = [first.complete([request], dropped)[0].lm for request in REQUESTS[:50]]
    together = [completion.lm for completion in second.complete(REQUESTS[:50][::-1], dropped)][::-1]
    assert alone == together
    assert 50 < sum(first.member_of(each).spec == other.member_of(each).spec for each in REQUESTS[:200]) < 150


class Meeting(Scripted):
    """Answers only once the others were asked as well."""

    def __init__(self, barrier: threading.Barrier) -> None:
        super().__init__(lambda request: "met")
        self._barrier = barrier

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        self._barrier.wait(60)
        return super().complete(requests, keep)


def test_mixture_asks_its_members_at_the_same_time() -> None:
    barrier = threading.Barrier(3)
    members = [Member(str(number), Meeting(barrier)) for number in range(3)]
    assert len(Mixture(members, name="mix").complete(REQUESTS[:60], dropped)) == 60


def test_mixture_keeps_what_the_others_answered_when_one_fails_and_raises_what_is_no_failure_of_a_model() -> None:
    good, bad = Scripted(lambda request: "fine"), Scripted(["only one"], name="bad")
    both = Mixture([Member("good", good), Member("bad", bad)], name="mix")
    kept: dict[int, Completion] = {}
    with pytest.raises(LanguageModelError, match=r"bad: no response.*the script is exhausted"):
        both.complete(REQUESTS[:40], kept.__setitem__)
    asked = Counter(both.member_of(request).spec for request in REQUESTS[:40])
    given = Counter(completion.lm for completion in kept.values())
    assert given == {"good": asked["good"], "bad": 1} and asked["bad"] > 1

    def breaks(request: Request) -> str:
        raise ZeroDivisionError

    both = Mixture([Member("a", Scripted(breaks)), Member("b", Scripted([]))], name="mix")
    with pytest.raises(ZeroDivisionError):
        both.complete(REQUESTS[:20], dropped)


def test_registry_makes_a_mixture_with_weights_and_gives_a_base_url_to_every_member_of_one_provider() -> None:
    made = registry.make('mix:["offline?weight=3","offline:skill=0.8"]', base_url=None, seed=5, environ={})
    assert isinstance(made, Mixture)
    assert [(each.spec, each.weight) for each in made.members] == [
        ("offline?weight=3", 3.0),
        ("offline:skill=0.8", 1.0),
    ]
    made = registry.make('mix:["vllm/a","vllm/b"]', base_url="http://127.0.0.1:9/v1", seed=0, environ={})
    assert isinstance(made, Mixture) and all("127.0.0.1:9" in repr(each.model) for each in made.members)
    made.close()
