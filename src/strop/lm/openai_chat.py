"""Chat completions in OpenAI's form: the parameters of a request, what a server accepts of them, and how an answer is read.

Nothing is configured per provider: a request is sent with all that is wanted, and what a server rejects or ignores is reported
once and remembered. Unknown fields of an answer are ignored and optional ones may be missing or null; nothing is guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from strop.lm.base import Completion, Fault, Request, encodable
from strop.lm.reasoning import split_thoughts

HIGHEST_TEMPERATURE = 2.0
"""What the protocol allows."""
LEAST_TOKENS = 16
"""A server that accepts only a lower limit of tokens leaves no room for an answer."""
_HIDDEN_TOKENS = 100_000
"""What a server may add to a prompt, or think beyond a limit, at most; more is a mistake."""
_MOST_TOKENS = 100_000_000


class Remedy(Enum):
    """What to do after a request has failed."""

    RETRY = "send it again after a wait"
    ASK_SINGLY = "the server does not accept `n`: ask for the responses one by one"
    DROP_TEMPERATURE = "the server does not accept the temperature: send it again without"
    DROP_SEED = "the server does not accept the seed: send it again without"
    OTHER_TOKENS_NAME = "the server knows the limit of tokens by another name, or by none"
    FEWER_TOKENS = "the server has fewer tokens for an answer: ask for fewer"
    ANSWER_EMPTY = "this prompt cannot be answered, others can: an empty completion that says why"
    GIVE_UP = "sending it again cannot help"


@dataclass(frozen=True)
class RequestParameters:
    """The optional parts of a request; a server may reject each. None is not sent."""

    n: int = 1
    temperature: float | None = None
    max_tokens: int | None = None
    tokens_name: str = "max_tokens"
    seed: int | None = None

    def options(self) -> dict[str, Any]:
        """The parameters to send, as arguments of the SDK; `n` only if it is above 1."""
        options = {"temperature": self.temperature, self.tokens_name: self.max_tokens, "seed": self.seed}
        options["n"] = self.n if self.n > 1 else None
        return {name: value for name, value in options.items() if value is not None}

    def effective(self) -> dict[str, float | int | str | None]:
        """What was sent, for `Completion.parameters`; None stands for something that was wanted and not sent."""
        effective: dict[str, float | int | str | None] = {
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }
        return effective if self.seed is None else {**effective, "seed": self.seed}


class Accepted:
    """The parameters that one server accepts, as far as is known."""

    def __init__(
        self, *, max_tokens: int | None, seed: int | None, openai_itself: bool, largest_n: int | None = None
    ) -> None:
        self._max_tokens = max_tokens
        self._seed = seed
        self._names = (
            ["max_completion_tokens", "max_tokens"] if openai_itself else ["max_tokens", "max_completion_tokens"]
        )
        self._temperature = True
        self._largest_n = largest_n
        self._reported: set[str] = set()

    @property
    def largest_n(self) -> int | None:
        """Responses of one HTTP request at most; None: no limit is known. With a seed each response has its own request."""
        return 1 if self._seed is not None else self._largest_n

    def at_most_n(self, n: int) -> None:
        """The server gives no more than `n` responses at once."""
        self._largest_n = min(n, self._largest_n or n)

    def parameters(self, request: Request, n: int, room: int | None) -> tuple[RequestParameters, tuple[Fault, ...]]:
        """The parameters for `n` responses, and the faults of each completion where they differ from what was wanted.

        `room` is how many tokens the server has for an answer to this prompt, None if that is not known.
        """
        tokens = self._max_tokens if self._names else None
        if tokens is not None and room is not None:
            tokens = min(tokens, room)
        name = self._names[0] if self._names else "max_tokens"
        seed = None if self._seed is None else seed_of(self._seed, request)
        wanted = request.temperature
        temperature = min(max(wanted, 0.0), HIGHEST_TEMPERATURE) if wanted == wanted else 1.0
        parameters = RequestParameters(n, temperature if self._temperature else None, tokens, name, seed)
        if not self._temperature or temperature == wanted:
            return parameters, ()
        detail = f"temperature {wanted:g} is outside 0 to 2: {temperature:g} was sent"
        return parameters, (Fault("parameter", detail, 1),)

    def reduce(
        self, remedy: Remedy, detail: str, parameters: RequestParameters, room: int | None
    ) -> tuple[int | None, str] | None:
        """(tokens that there are for an answer, what to report once) after a rejection; None if nothing can be reduced."""
        match remedy:
            case Remedy.DROP_TEMPERATURE:
                self._temperature = False
                return room, self._once(
                    "temperature", "the server does not accept a temperature: none is sent from now on"
                )
            case Remedy.DROP_SEED:
                self._seed = None
                return room, self._once("seed", "the server does not accept a seed: none is sent from now on")
            case Remedy.OTHER_TOKENS_NAME:
                self._names = [name for name in self._names if name != parameters.tokens_name]
                if self._names:
                    return room, ""
                return room, self._once(
                    "max_tokens", "the server does not accept a limit of tokens: none is sent from now on"
                )
            case Remedy.FEWER_TOKENS:
                fewer, remark = self.fewer_tokens(detail, parameters)
                return (fewer, remark) if fewer >= LEAST_TOKENS else None
            case _:
                return None

    def fewer_tokens(self, message: str, parameters: RequestParameters) -> tuple[int, str]:
        """(how many to ask for instead, what to report) where the server rejects the limit of tokens as too high.

        Fewer than `LEAST_TOKENS`: the prompt leaves no room for an answer.
        """
        assert parameters.max_tokens is not None
        most = _most_allowed(message)
        if most is not None and LEAST_TOKENS <= most < parameters.max_tokens:
            self._max_tokens = min(most, self._max_tokens or most)
            return most, self._once(f"max_tokens={most}", f"the server allows at most {most} tokens an answer")
        room = _room_left(message)
        return (room if room is not None and room < parameters.max_tokens else parameters.max_tokens // 2), ""

    def _once(self, what: str, report: str) -> str:
        if what in self._reported:
            return ""
        self._reported.add(what)
        return report


def seed_of(seed: int, request: Request) -> int:
    """The seed of one response, in [0, 2^31): different for different requests, samples of equal ones included."""
    return int(request.digest(seed)[:8], 16) >> 1


_MOST = (
    re.compile(r"supports at most (\d{1,9}) (?:completion|output) tokens"),
    re.compile(r"(?:max(?:_completion)?_tokens|max_output_tokens)\D{1,20}\d{1,9} > (\d{1,9})"),
    re.compile(r"(?:must be|should be) (?:less than or equal to|<=|at most) `?(\d{1,9})"),
)
_CONTEXT = re.compile(r"maximum context length (?:is|of) (\d{1,9})")
_INPUT = re.compile(r"(\d{1,9}) (?:input tokens|in the messages|tokens in the messages|of text input)")


def _most_allowed(message: str) -> int | None:
    """The most that the model gives to anybody, where the server says that."""
    match = next((match for pattern in _MOST if (match := pattern.search(message))), None)
    return int(match.group(1)) if match else None


def _room_left(message: str) -> int | None:
    """What a prompt leaves of the context, where the server says both."""
    context, prompt = _CONTEXT.search(message), _INPUT.search(message)
    return int(context.group(1)) - int(prompt.group(1)) if context and prompt else None


def messages_of(request: Request) -> list[dict[str, str]]:
    """The chat of a request. Lone surrogates, which a guest may send and JSON over HTTP cannot carry, become `?`."""
    texts = (("system", request.expertise), ("user", request.message))
    return [{"role": role, "content": encodable(text)} for role, text in texts if text or role == "user"]


class UnreadableBody(ValueError):
    """The body holds no answer; the message says why."""


def read_answer(
    body: bytes,
    sent: RequestParameters | None = None,
    *,
    prompt_bytes: int = 1 << 20,
    largest_bytes: int = 1 << 20,
    attempt: int = 1,
    hide: Callable[[str], str] = str,
) -> list[Completion]:
    """The completions in a response body, from one to as many as were asked for, without `seconds` and `parameters`.

    The first has the whole usage and the others report 0 tokens, so that sums are what the server says. Usage that cannot be
    right for what was `sent` is not known, and a fault. `hide` removes keys from texts, which are then cut to `largest_bytes`.

    Raises:
        UnreadableBody: empty, not JSON, or without a single choice.
    """
    if not body.strip():
        raise UnreadableBody("the body is empty")
    try:
        value: Any = json.loads(body, parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise UnreadableBody(f"not JSON ({type(error).__name__})") from None
    choices = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(choices, list) or not choices:
        raise UnreadableBody("it has no choices")
    sent, model = sent or RequestParameters(), value.get("model")
    name = hide(encodable(model)) if isinstance(model, str) else ""
    first, *others = [_completion(choice, name, largest_bytes, attempt, hide) for choice in choices]
    has_text = bool(first.text or any(other.text for other in others))
    (tokens_in, tokens_out), doubts = _usage(value.get("usage"), sent, prompt_bytes, has_text)
    faults = (*first.faults, *(Fault("usage", doubt, attempt) for doubt in doubts))
    first = replace(first, input_tokens=tokens_in, output_tokens=tokens_out, faults=faults)
    none_in, none_out = (None if tokens is None else 0 for tokens in (tokens_in, tokens_out))
    return [first, *(replace(other, input_tokens=none_in, output_tokens=none_out) for other in others[: sent.n - 1])]


def _completion(value: Any, model: str, largest_bytes: int, attempt: int, hide: Callable[[str], str]) -> Completion:
    """One choice. None of its faults is worth a retry: the answer was paid for."""
    message = value.get("message") if isinstance(value, dict) else None
    if not isinstance(message, dict):
        raise UnreadableBody("a choice has no message")
    finish_reason = value.get("finish_reason")
    reason = encodable(finish_reason) if isinstance(finish_reason, str) else ""
    reported = (message.get("reasoning_content"), message.get("reasoning"))
    thoughts = next((encodable(thought) for thought in reported if isinstance(thought, str) and thought), "")
    marked, text = map(hide, split_thoughts(_text(message.get("content")), reason))
    reasoning = "\n".join(part for part in (hide(thoughts), marked) if part)
    faults = []
    if reason == "length":
        faults.append(Fault("truncated", "the server stopped at its token limit", attempt))
    if not text:
        what = "empty answer after reasoning" if reasoning else "empty answer"
        faults.append(Fault("empty", f"{what} (finish reason {reason or 'not given'}), kept", attempt))
    cut = _cut(text, largest_bytes)
    if cut != text:
        sizes = f"of {len(text.encode())} bytes was cut to {len(cut.encode())}"
        faults.append(Fault("oversized", f"an answer {sizes}", attempt))
    return Completion(cut, model, reason, reasoning=_cut(reasoning, largest_bytes), faults=tuple(faults))


def _cut(text: str, largest_bytes: int) -> str:
    if len(text) * 4 <= largest_bytes:
        return text
    return text.encode()[:largest_bytes].decode("utf-8", "ignore")


def _text(content: Any) -> str:
    """Plain text, or the texts of a list of parts; null is an empty answer."""
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return encodable("".join(part for part in parts if isinstance(part, str)))
    if not isinstance(content, str):
        raise UnreadableBody(f"the content is of type {type(content).__name__}")
    return encodable(content)


def _usage(
    usage: Any, sent: RequestParameters, prompt_bytes: int, has_text: bool
) -> tuple[tuple[int | None, int | None], tuple[str, ...]]:
    """(tokens in, tokens out), and why one of them is None although the server reports something."""
    if usage is None:
        return (None, None), ()
    if not isinstance(usage, dict):
        return (None, None), ("the server's usage is not an object: its tokens are not known",)
    most_in = prompt_bytes + _HIDDEN_TOKENS
    most_out = _MOST_TOKENS if sent.max_tokens is None else 4 * sent.n * sent.max_tokens + _HIDDEN_TOKENS
    inputs, outputs = usage.get("prompt_tokens"), usage.get("completion_tokens")
    total = usage.get("total_tokens")
    doubts = []
    if inputs is not None and not _is_count(inputs, 1, most_in):
        doubts.append(f"prompt_tokens cannot be {_shown(inputs)}")
        inputs = None
    if outputs is not None and not _is_count(outputs, 1 if has_text else 0, most_out):
        doubts.append(f"completion_tokens cannot be {_shown(outputs)}")
        outputs = None
    if inputs is not None and outputs is not None and _is_count(total, inputs + outputs, inputs + most_out):
        outputs = total - inputs  # some servers count reasoning in the total only
    return (inputs, outputs), tuple(f"{doubt}: not believed" for doubt in doubts)


def _number(digits: str) -> int | float:
    """Python refuses to read an integer of thousands of digits, which must not cost an answer."""
    return int(digits) if len(digits) < 40 else float(digits)


def _is_count(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, (int, float, str)) and len(str(value)[:41]) <= 40 else type(value).__name__
    return " ".join(encodable(text).split())
