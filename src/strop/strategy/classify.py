"""The name of an improver: from its text, and from what it was seen to do where that is given."""

from __future__ import annotations

from functools import lru_cache

from strop.strategy.behaviour import Behaviour, by_behaviour
from strop.strategy.reading import Unread, Unreadable, parsed
from strop.strategy.rules import PLAIN, RULES, Seen, gives_initial_back, seen
from strop.strategy.vocabulary import Strategy
from strop.strategy.walk import facts_of
from strop.strategy.words import claimed

_REMEMBERED = 256


def classify(text: str, behaviour: Behaviour | None = None) -> Strategy:
    """Name the strategy of an improver.

    Nothing of the text is executed; it never raises and takes a fraction of a second at most. What the code does decides;
    what the program says of itself is told as `claims NAME` where the code does not do it.
    """
    found = _by_text(text)
    return found if behaviour is None else by_behaviour(found, behaviour)


@lru_cache(_REMEMBERED)
def _by_text(text: str) -> Strategy:
    try:
        tree = parsed(text)
        return _named(seen(facts_of(tree)), claimed(tree))
    except Unreadable as error:
        return Strategy("broken", (), (str(error),))
    except Unread as error:
        return Strategy("other", (), (str(error),))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        # A fault of the walk, which a strange program brought out: it must not take a whole report away.
        return Strategy("other", (), (f"could not be followed: {type(error).__name__}",))


def _named(it: Seen, claims: list[str]) -> Strategy:
    traits = [(name, why) for name, rule in RULES if (why := rule(it)) is not None]
    if it.facts.exhausted:
        traits.append(("", "too intricate to be followed to the end"))
    if not it.asks and not it.facts.exhausted:
        unchanged = gives_initial_back(it.facts.returned)
        name = "returns-initial" if unchanged else "no-model"
        traits.insert(0, (name, "gives back what it was given" if unchanged else "never asks the language model"))
        traits = [trait for trait in traits if trait[0] not in PLAIN]
    elif gives_initial_back(it.facts.returned) and not it.facts.exhausted:
        traits.insert(0, ("returns-initial", "asks the model, but can return only what it was given"))
    if not traits or not traits[0][0]:
        traits.insert(0, ("other", "none of the patterns that are known"))
    (name, why), *rest = traits
    also = [other for other, _ in rest if other and other not in PLAIN]
    said = [f"claims {claim}" for claim in claims if claim != name and claim not in also]
    return Strategy(name, (*also, *said), (why, *(reason for other, reason in rest if other not in PLAIN)))
