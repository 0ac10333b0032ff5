"""Describe a declared answer in one sentence, for the description that a language model reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strop.tasks.answer import Answer

ONE = {bool: "a truth value", int: "a whole number", float: "a finite number", str: "a text"}
MANY = {bool: "truth values", int: "whole numbers", float: "finite numbers", str: "texts"}


def sentence(answer: Answer, entry: str) -> str:
    """E.g. `algorithm returns a list of 20 whole numbers, each one of 0, 1.`"""
    return f"{entry} returns {phrase(answer)}; any other answer is malformed."


def phrase(answer: Answer) -> str:
    """The form of an answer in words, which also say what depends on the instance."""
    if answer.told:
        return answer.told
    if isinstance(answer.of, Mapping):
        return "a dict of " + ", ".join(f"{name!r} ({phrase(each)})" for name, each in answer.of.items())
    if isinstance(answer.of, list):
        return f"a list of {_amount(answer.length)}elements, each {phrase(answer.of[0])}"
    return ", ".join([_elements(answer), *_rules(answer)])


def _elements(answer: Answer) -> str:
    kind: Any = answer.of
    if callable(answer.shape):
        size = "a list" if answer.permutation else "a list or array"
        return f"{size} of {MANY[kind]}, as many as the inputs ask for"
    if not answer.shape:
        return ONE[kind]
    if len(answer.shape) == 1:
        count = "" if answer.shape[0] is None else f"{answer.shape[0]} "
        return f"a list of {count}{MANY[kind]}"
    return f"an array of {MANY[kind]} of shape {tuple('any' if n is None else n for n in answer.shape)}".replace(
        "'", ""
    )


def _rules(answer: Answer) -> list[str]:
    rules: list[str] = []
    each = "" if answer.shape == () else "each "
    if answer.permutation:
        rules.append("the numbers from 0 up, each once")
    if answer.length is not None:
        decided = "a length that the inputs give" if callable(answer.length) else f"{_amount(answer.length)}characters"
        rules.append(f"{each}of {decided}")
    if answer.alphabet is not None:
        known = "that the inputs give" if callable(answer.alphabet) else repr(answer.alphabet)
        rules.append(f"{each}made of the characters {known}")
    if answer.values is not None:
        known = "the values that the inputs give" if callable(answer.values) else ", ".join(map(repr, answer.values))
        rules.append(f"{each}one of {known}")
    for bound, words in ((answer.low, "at least"), (answer.high, "at most")):
        if bound is not None:
            rules.append(f"{each}{words} {'a number that the inputs give' if callable(bound) else bound}")
    if answer.distinct is not None:
        many = (
            "as many different values as the inputs say"
            if callable(answer.distinct)
            else f"{answer.distinct} different values"
        )
        rules.append(f"at most {many}")
    return rules


def _amount(length: Any) -> str:
    """`3 `, `1 to 60 `, or nothing if there is no rule or it depends on the inputs."""
    if length is None or callable(length):
        return ""
    return f"{length[0]} to {length[1]} " if isinstance(length, tuple) else f"{length} "
