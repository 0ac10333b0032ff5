"""`from language_model import LanguageModel`: the language model that an improver was granted.

Every `LanguageModel` is the same grant of the host: a budget passed to the constructor is noted and has no
effect. The arguments of each call, not of the constructor, decide which generation of the API it uses:

| call | generation |
|---|---|
| `prompt(expertise, message, ...)`: two texts first, or `expertise=` | new |
| `prompt(message, ...)`: one text first, a number or nothing after it | earlier; `LanguageModel(role)` gave the expertise |
| `batch_prompt(expertise, messages, ...)`: a text, then a list | new |
| `batch_prompt(messages, ...)`: a list first | earlier |
"""

from __future__ import annotations

from typing import Any, cast

from channel import BudgetExceeded, Channel

__all__ = ["BudgetExceeded", "LanguageModel"]

MOST_RESPONSES = 100_000
"""A request for more responses is cut to this many: no budget covers them, and the request must fit in a frame."""


class _Grant:
    """The host's grant to this process, which runs one improver."""

    channel: Channel | None = None
    budget = 0
    max_responses_per_call = 0


def grant(channel: Channel, budget: int, max_responses_per_call: int) -> LanguageModel:
    """Make the handle for `improve_algorithm`. The runner calls this once, before the improver."""
    _Grant.channel, _Grant.budget, _Grant.max_responses_per_call = channel, budget, max_responses_per_call
    return LanguageModel()


class LanguageModel:
    """A handle of the granted language model. `budget` and `max_responses_per_call` are copies for information."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _Grant.channel is None:
            raise RuntimeError("a solution has no language model")
        self._channel = _Grant.channel
        self.budget = _Grant.budget
        self.max_responses_per_call = _Grant.max_responses_per_call
        texts = [value for value in args if isinstance(value, str)]
        self.role = kwargs.get("role", kwargs.get("expertise", texts[0] if texts else ""))
        named = ["{}={!r}".format(*item) for item in kwargs.items() if item[0] not in ("role", "expertise")]
        named += [f"{value!r}" for value in args if not isinstance(value, str)]
        if named:
            text = ", ".join(named)[:200].encode("ascii", "backslashreplace").decode("ascii")
            self._channel.note("new_language_model", text)

    def prompt(self, *args: Any, **kwargs: Any) -> list[str]:
        """`n_responses` answers to one message: prompt(expertise, message, n_responses=1, temperature=0.7)."""
        expertise, message, rest = self._split(args, kwargs, ("message",), str)
        n_responses, temperature = _options(rest, kwargs, (("n_responses", 1), ("temperature", 0.7)))
        if not isinstance(message, str):
            raise TypeError(f"message must be a str, not {type(message).__name__}")
        times = min(int(n_responses), MOST_RESPONSES)
        return self._ask(expertise, {message: times}, temperature) if times > 0 else []

    def batch_prompt(self, *args: Any, **kwargs: Any) -> list[str]:
        """One answer to each message: batch_prompt(expertise, messages, temperature=0.7)."""
        expertise, messages, rest = self._split(args, kwargs, ("messages", "message_batch"), (list, tuple))
        (temperature,) = _options(rest, kwargs, (("temperature", 0.7),))
        if isinstance(messages, str):
            raise TypeError("messages must be a list of str, not one str")
        messages = list(messages)
        for message in messages:
            if not isinstance(message, str):
                raise TypeError(f"every message must be a str, not {type(message).__name__}")
        if not messages:
            return []
        if all(message == messages[0] for message in messages):
            return self._ask(expertise, {messages[0]: min(len(messages), MOST_RESPONSES)}, temperature)
        return self._ask(expertise, messages, temperature)

    @property
    def remaining(self) -> int:
        """How many calls are left."""
        return cast("int", self._channel.ask("lm.remaining", []))

    def edit_error(self, response: str) -> str:
        """Why the edits in a response did not fit the program; empty if it has none, or they did."""
        return cast("str", self._channel.ask("lm.edit_error", [response]))

    def _ask(self, expertise: Any, messages: Any, temperature: Any) -> list[str]:
        if not isinstance(expertise, str):
            raise TypeError(f"expertise must be a str, not {type(expertise).__name__}")
        return cast("list[str]", self._channel.ask("lm", [expertise, messages, float(temperature)]))

    def _split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], names: tuple[str, ...], kind: type | tuple[type, ...]
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        """The arguments of a call as (expertise, message, other positional arguments)."""
        present = [name for name in names if name in kwargs]
        if "expertise" in kwargs:
            expertise = kwargs.pop("expertise")
        elif args and isinstance(args[0], str) and (present or (len(args) > 1 and isinstance(args[1], kind))):
            expertise, args = args[0], args[1:]
        else:
            expertise = self.role
        if present:
            return expertise, kwargs.pop(present[0]), args
        if not args:
            raise TypeError(f"missing the argument {names[0]!r}")
        return expertise, args[0], args[1:]

    def __repr__(self) -> str:
        return f"<language model, budget {self.budget}>"


def _options(args: tuple[Any, ...], kwargs: dict[str, Any], defaults: tuple[tuple[str, float], ...]) -> list[Any]:
    """The values of the options in `defaults`, which arguments set by position or by name."""
    names = [name for name, _ in defaults]
    values = dict(zip(names, args, strict=False))
    unknown = [name for name in kwargs if name not in names or name in values]
    if len(args) > len(names) or unknown:
        raise TypeError("unexpected arguments: {}".format(", ".join([*map(repr, args[len(names) :]), *unknown])))
    values.update(kwargs)
    return [values.get(name, default) for name, default in defaults]
