"""Chat completions in OpenAI's form: the parameters of a request, what a server accepts of them, and how an answer is read.

Nothing is configured per provider: a request is sent with all that is wanted, and what a server rejects or ignores is reported
once and remembered. Unknown fields of an answer are ignored and optional ones may be missing or null; nothing is guessed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from strop.base.later import dataclass
from strop.base.responses import without_thoughts
from strop.lm.base import MOST_TOKENS, Completion, Fault, Request, encodable
from strop.lm.openai_errors import OVERFLOW, UNFIT, failure_in_body, only_element, unreadable
from strop.lm.providers import Endpoint

Parameters: TypeAlias = Mapping[str, Any]
"""What is sent besides the model and the texts: name in the protocol → value."""
SYSTEM, WHOLE = "a system message", "a whole response"
"""Two entries of the parameters: a system message, which some models do not accept, and a response that does not come as a
stream, which some servers do not give."""

HIGHEST_TEMPERATURE = 2.0
"""The highest temperature that the protocol allows."""
LEAST_TOKENS = 16
"""The least limit of tokens that leaves room for an answer."""
TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")
"""The limit of tokens by its two names."""


def token_limit(sent: Parameters) -> int | None:
    """The limit of tokens among the parameters of a request; None if there is none."""
    return next((sent[name] for name in TOKEN_LIMITS if name in sent), None)


@dataclass(frozen=True)
class Rejection:
    """What servers say when they reject something of a request, and what is sent instead."""

    parameters: tuple[str, ...]
    """The names of the rejected parameter; empty for the prompt, which every request has."""
    says: tuple[str, ...]
    """Patterns that all match the server's message, in upper or lower case."""
    instead: Literal["less", "nothing", "no request"]
    report: str = ""
    """What the faults of completions say about it, once."""


_ABOUT_TOKENS = r"\bmax_(completion_|new_|output_)?tokens\b|in the completion"
_TOO_MANY = (
    r"too (large|many|high)|at most|exceed|maximum (allowed|context|value)"
    r"|less than or equal|<=|\d > \d|reduce the length"
)
_TOO_LONG = rf"^HTTP 413|context[ _]?(length|size|window)|too many (input )?tokens|string_above_max|{OVERFLOW}"
_ABOUT_N = r"\bn\b|\bn_cmpl\b|\bbest_of\b|\bchoices?\b|(number of|multiple) completions"

REJECTIONS = (
    Rejection((), (r"content[ _]?(filter|policy|management)|invalid_prompt",), "no request"),
    Rejection(TOKEN_LIMITS, (_ABOUT_TOKENS, _TOO_MANY), "less", "the server allows at most {} tokens a response"),
    Rejection(
        TOKEN_LIMITS,
        (_ABOUT_TOKENS,),
        "nothing",
        "the server does not accept a limit of tokens: none is sent from now on",
    ),
    Rejection((), (_TOO_LONG,), "no request"),
    Rejection(
        ("temperature",),
        (r"\btemperature\b",),
        "nothing",
        "the server does not accept a temperature: none is sent from now on",
    ),
    Rejection(("seed",), (r"\bseed\b",), "nothing", "the server does not accept a seed: none is sent from now on"),
    Rejection(
        (SYSTEM,),
        (rf"(system|developer)\W{{0,3}}(message|prompt|instruction)|\broles?\W{{1,3}}(system|developer)|{UNFIT}",),
        "nothing",
        "the server does not accept a system message: its text stands before the message from now on",
    ),
    Rejection(
        (WHOLE,), (r"\bstream(ing)?\b",), "nothing", "the server only streams: a stream is asked for from now on"
    ),
    Rejection(("n",), (_ABOUT_N,), "nothing", "the server does not accept n: responses are requested one by one"),
)
"""What servers reject. The first row that fits counts, because messages on length mention completions, too."""
_MOST = re.compile(
    r"(?:supports at most |_tokens\D{1,20}\d{1,9} > |(?:must|should) be (?:less than or equal to|<=|at most) `?)(\d{1,9})"
)
"""Finds the largest limit of tokens that a server names."""


class Accepted:
    """The parameters that one server accepts, as far as is known."""

    def __init__(self, *, max_tokens: int | None, seed: int | None, openai_itself: bool) -> None:
        self._max_tokens = max_tokens
        self._seed = seed
        self._token_limits = TOKEN_LIMITS[::-1] if openai_itself else TOKEN_LIMITS
        self._largest_n: int | None = None
        self._rejected: set[str] = set()
        self._reported: set[str] = set()

    @property
    def largest_n(self) -> int | None:
        """Most responses of one HTTP request; None: no limit is known. With a seed each response has its own request."""
        return 1 if self._seed is not None and "seed" not in self._rejected else self._largest_n

    def at_most_n(self, n: int) -> None:
        """Remember that the server gives no more than `n` responses at once."""
        self._largest_n = min(n, self._largest_n or n)

    def parameters(self, request: Request, n: int) -> tuple[Parameters, tuple[Fault, ...]]:
        """The parameters for `n` responses, and the faults of each completion where they differ from what was wanted."""
        wanted = request.temperature
        temperature = min(max(wanted, 0.0), HIGHEST_TEMPERATURE) if wanted == wanted else 1.0
        parameters = {
            SYSTEM: True if request.expertise else None,
            WHOLE: True,
            "temperature": temperature,
            next((name for name in self._token_limits if name not in self._rejected), "max_tokens"): self._max_tokens,
            "seed": None if self._seed is None else seed_of(self._seed, request),
            "n": n if n > 1 else None,
        }
        sent = {name: value for name, value in parameters.items() if value is not None and name not in self._rejected}
        if "temperature" not in sent or temperature == wanted:
            return sent, ()
        detail = f"temperature {wanted:g} is outside 0 to 2: {temperature:g} was sent"
        return sent, (Fault("parameter", detail, 1),)

    def effective(self, sent: Parameters) -> dict[str, float | int | str | None]:
        """What was sent, for `Completion.parameters`; None stands for something that was wanted and not sent."""
        effective = {"temperature": sent.get("temperature"), "max_tokens": token_limit(sent)}
        return {**effective, "seed": sent["seed"]} if "seed" in sent else {**effective}

    def after_rejection(self, message: str, sent: Parameters) -> tuple[Parameters | None, str] | None:
        """(what to send instead, what to report) after the server has rejected a request that had the parameters `sent`.

        No parameters: the server cannot answer this prompt. None: no row of `REJECTIONS` fits.
        """
        for row in REJECTIONS:
            names = [name for name in row.parameters if name in sent]
            if (names or not row.parameters) and all(re.search(pattern, message, re.I) for pattern in row.says):
                break
        else:
            return None
        if row.instead == "no request":
            return None, ""
        (name,) = names
        others = {other: value for other, value in sent.items() if other != name}
        if row.instead == "less":
            most, limit = _MOST.search(message), sent[name]
            if most and LEAST_TOKENS <= int(most[1]) < limit:
                self._max_tokens = min(int(most[1]), self._max_tokens or limit)
                return {**others, name: int(most[1])}, self.once(row.report.format(most[1]))
            return ({**others, name: limit // 2} if limit // 2 >= LEAST_TOKENS else None), ""
        self._rejected.add(name)
        if name == "n":
            self.at_most_n(1)
        left = [other for other in row.parameters if other not in self._rejected]
        return ({**others, left[0]: sent[name]}, "") if left else (others, self.once(row.report))

    def once(self, report: str) -> str:
        """The report the first time, then an empty text."""
        is_new = report not in self._reported
        self._reported.add(report)
        return report if is_new else ""


def seed_of(seed: int, request: Request) -> int:
    """The seed of one response, in [0, 2^31): different for different requests, and for the samples of equal requests."""
    return int(request.digest(seed)[:8], 16) >> 1


def body_of(model: str, request: Request, sent: Parameters) -> dict[str, Any]:
    """The body of an HTTP request. Lone surrogates, which a guest may send and JSON over HTTP cannot carry, become `?`."""
    texts = [encodable(text) for text in (request.expertise, request.message) if text]
    chat = [{"role": "user", "content": "\n\n".join(texts)}]
    if SYSTEM in sent:
        chat = [{"role": "system", "content": texts[0]}, {"role": "user", "content": encodable(request.message)}]
    stream = {} if WHOLE in sent else {"stream": True, "stream_options": {"include_usage": True}}
    named = {name: value for name, value in sent.items() if name not in (SYSTEM, WHOLE)}
    return {"model": model, "messages": chat, **named, **stream}


def read_answer(
    body: bytes,
    endpoint: Endpoint,
    *,
    n: int = 1,
    largest_bytes: int = 1 << 20,
    attempt: int = 1,
    most_tokens: int | None = None,
) -> list[Completion]:
    """The completions in a response body, from one to the `n` that were asked for, without `seconds` and `parameters`.

    The first has the whole usage and the others report 0 tokens, so that sums are what the server says. Usage that cannot be
    right is not known, and a fault. Keys are removed from texts, which are then cut to `largest_bytes`. `most_tokens` is the
    limit that was sent: a response that was cut far below it has filled the context.

    Raises:
        AttemptFailed: the body is empty, not JSON, an error, or without a single choice.
    """
    value = _object(body, endpoint, attempt)
    choices = _choices(value, endpoint)
    model = value.get("model")
    name = endpoint.hide_key(encodable(model)) if isinstance(model, str) else ""
    first, *others = [_completion(choice, name, largest_bytes, attempt, endpoint) for choice in choices]
    has_text = bool(first.text or any(other.text for other in others))
    usage = value.get("usage", value if "eval_count" in value else None)  # Ollama's own, beside the message
    (tokens_in, tokens_out), cost, doubts = _usage(usage, has_text)
    faults = (*first.faults, *(Fault("usage", doubt, attempt) for doubt in doubts))
    if (
        not others and tokens_in and tokens_out and tokens_out < 0.9 * (most_tokens or 0)
    ):  # of several, some servers count one
        sizes = f"{tokens_in + tokens_out:,} tokens: {tokens_in:,} in, {tokens_out:,} out"
        full = f"the context is full ({sizes}): give the server a larger one (of Ollama: OLLAMA_CONTEXT_LENGTH)"
        faults = tuple(replace(fault, detail=full) if fault.detail == CUTS["length"] else fault for fault in faults)
    first = replace(first, input_tokens=tokens_in, output_tokens=tokens_out, cost=cost, faults=faults)
    none_in, none_out = (None if tokens is None else 0 for tokens in (tokens_in, tokens_out))
    return [
        first,
        *(replace(other, input_tokens=none_in, output_tokens=none_out) for other in others[: n - 1]),
    ]


def _object(body: bytes, endpoint: Endpoint, attempt: int) -> dict[str, Any]:
    """The JSON object of a body; empty if the body is another value."""
    if not body.strip():
        raise unreadable("the body is empty", endpoint)
    if body.lstrip().startswith(b"<"):
        page = {"code": 404 if attempt > 1 else 500, "message": "this is a web page, not an API"}
        raise failure_in_body(page, endpoint, maybe_billed=False)
    try:
        value = only_element(_document(body.decode("utf-8-sig", "replace").strip()))
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        raise unreadable(f"not JSON ({type(error).__name__})", endpoint) from None
    return value if isinstance(value, dict) else {}


def _choices(value: Mapping[str, Any], endpoint: Endpoint) -> list[Mapping[str, Any]]:
    """The choices that are answers, at least one. Raises AttemptFailed if there is none."""
    is_own = isinstance(value.get("message"), dict) or value.get("role") == "assistant"
    own = [value] * (is_own and value.get("done") is not False)  # False: the first of many
    listed = value["choices"] if isinstance(value.get("choices"), list) else own
    listed = [choice for choice in listed if isinstance(choice, dict)]
    if choices := [choice for choice in listed if _is_answer(choice)]:
        return choices
    # Errors with status 200, as gateways send them.
    errors = [choice["error"] for choice in [*listed, value] if choice.get("error")]
    errors += [f"finish reason {encodable(str(choice.get('finish_reason')))}" for choice in listed]
    errors += [value] * bool(value.get("message") or value.get("detail"))
    if isinstance(feedback := value.get("promptFeedback"), dict) and feedback.get("blockReason"):
        errors.append(
            {"type": "content_filter", "code": 400, "message": f"the prompt is blocked: {feedback['blockReason']}"}
        )
    if errors:
        raise failure_in_body(errors[0], endpoint, maybe_billed=bool(value.get("usage")))
    raise unreadable("it has no choices", endpoint)


_ENDS = re.compile(r"(stop|end|eos|length|max_tokens|tool|function_call$|content_?filter|safety|refus)|$", re.I)
"""Beginnings of the reasons for which a response ends. After any other reason, an empty response is an error."""


def _is_answer(choice: Mapping[str, Any]) -> bool:
    reason = str(choice.get("finish_reason") or "")
    return reason != "error" and (_ENDS.match(reason) is not None or bool(_text(choice.get("message", choice))))


def _completion(
    value: Mapping[str, Any], model: str, largest_bytes: int, attempt: int, endpoint: Endpoint
) -> Completion:
    """The completion of one choice. None of its faults is worth a retry, because the answer was paid for."""
    message = value.get("message", value)
    content = _text(message)
    if not (content or (isinstance(message, dict) and message is not value)):
        raise unreadable("a choice has no message", endpoint)
    message = message if isinstance(message, dict) else {}
    finish_reason = value.get("finish_reason")
    reason = encodable(finish_reason) if isinstance(finish_reason, str) else ""
    reported = (message.get("reasoning_content"), message.get("reasoning"))
    thoughts = next((encodable(thought) for thought in reported if isinstance(thought, str) and thought), "")
    marked, text = map(endpoint.hide_key, without_thoughts(content, is_cut=reason == "length")[:2])
    reasoning = "\n".join(part for part in (endpoint.hide_key(thoughts), marked) if part)
    if not text.strip() and reason == "stop":  # a server that takes all of a finished response for reasoning
        text, reasoning = reasoning, ""
    faults = []
    if reason in CUTS and (text or reason == "length"):
        faults.append(Fault("truncated", CUTS[reason], attempt))
    if not text:
        refusal = " ".join(endpoint.hide_key(_text(message.get("refusal"))).split())[:_LONGEST_REFUSAL]
        what = "empty response after reasoning" if reasoning else "empty response"
        what = f"refused: {refusal}" if refusal else f"{what}, finish reason {reason or 'not given'}"
        faults.append(Fault("empty", what, attempt))
    cut = _cut(text, largest_bytes)
    if cut != text:
        reason = "length"
        sizes = f"of {len(text.encode())} bytes was cut to {len(cut.encode())}"
        faults.append(Fault("oversized", f"a response {sizes}", attempt))
    return Completion(cut, model, reason, reasoning=_cut(reasoning, largest_bytes), faults=tuple(faults))


def _cut(text: str, largest_bytes: int) -> str:
    if len(text) * 4 <= largest_bytes:
        return text
    return text.encode()[:largest_bytes].decode("utf-8", "ignore")


CUTS = {"length": "the server stopped at its token limit", "content_filter": "a filter of the server cut the response"}
"""Finish reason → why the response is not complete."""
_LONGEST_REFUSAL = 200
_TEXTS = ("content", "text", "tool_calls", "function_call", "function", "arguments")
"""Fields in which servers put what a model says, and what it writes for a tool, even if no tool is offered."""


def _text(value: Any, depth: int = 8) -> str:
    """The text of an answer: plain text, or the texts in an object or a list of parts; empty for null."""
    if isinstance(value, list) and depth:
        return "".join(_text(part, depth - 1) for part in value)
    if not isinstance(value, dict) or not depth:
        return encodable(value) if isinstance(value, str) else ""
    if isinstance(value.get("arguments"), dict):
        return json.dumps(value["arguments"])
    return "\n".join(filter(None, (_text(value.get(name), depth - 1) for name in _TEXTS)))


def _document(text: str) -> Any:
    """The JSON of a body. Of a stream of events, which some servers send unasked: the response that the events add up to."""
    decode = json.JSONDecoder(parse_int=_number, strict=False).raw_decode
    if not re.match(r"data:|event:|id:|retry:|:", text):
        return decode(text)[0]
    events = [decode(line[5:].strip())[0] for line in text.split("\n") if line.startswith("data:") and "{" in line]
    choices: dict[str, dict[str, Any]] = {}
    for choice in (part for event in events for part in event.get("choices") or ()):
        merged = choices.setdefault(str(choice.get("index")), {"message": {}})
        if choice.get("message"):  # the whole message, after its parts
            merged["message"] = {}
        merged["finish_reason"] = choice.get("finish_reason") or merged.get("finish_reason")
        delta = choice.get("delta") or choice.get("message") or {"content": choice.get("text")}
        merged["message"] |= {name: merged["message"].get(name, "") + _text(part) for name, part in delta.items()}
    response = {name: value for event in events for name, value in event.items() if value}
    if not ("error" in response or "[DONE]" in text or all(merged["finish_reason"] for merged in choices.values())):
        raise ValueError("the stream does not end")
    return response | {"choices": [] if "error" in response else [*choices.values()]}


_INPUTS = ("prompt_tokens", "input_tokens", "prompt_eval_count")
_OUTPUTS = ("completion_tokens", "output_tokens", "eval_count")
_COSTS = ("cost", "total_cost", "estimated_cost")
_WRITTEN, _READ = "cache.*(creat|writ|miss)", "cache(?!.*(creat|writ|miss))"
_MOST_DOLLARS = 10_000  # no request cost more


def _usage(usage: Any, has_text: bool) -> tuple[tuple[int | None, int | None], int | None, tuple[str, ...]]:
    """(tokens in, tokens out), the cost that the server states in billionths of a dollar, and which parts are not believed.

    The dearest reading counts: parts that exceed a whole are added to it, and so are tokens that only the total has.
    """
    if usage is None:
        return (None, None), None, ()
    if not isinstance(usage, dict):
        return (None, None), None, ("the server's usage is not an object: its tokens are not known",)
    inputs, outputs = _first(usage, _INPUTS), _first(usage, _OUTPUTS)
    total = usage.get("total_tokens")
    doubts = []
    if inputs is not None and not _is_count(inputs, 1):
        doubts.append(f"prompt_tokens cannot be {_excerpt(inputs)}")
        inputs = None
    if outputs is not None and not _is_count(outputs, 1 if has_text else 0):
        doubts.append(f"completion_tokens cannot be {_excerpt(outputs)}")
        outputs = None
    cached, thought = _part(usage, _WRITTEN) + _part(usage, _READ), _part(usage, "reasoning|thought|thinking")
    if inputs is not None and (cached > inputs or "prompt_tokens" not in usage):  # Anthropic's `input_tokens` lack them
        inputs += cached
    if outputs is not None and thought > outputs:
        outputs += thought
    if inputs is not None and outputs is not None and _is_count(total, inputs + outputs):
        outputs = total - inputs
    stated_cost = _first(usage, _COSTS)
    stated_cost = _first(stated_cost, _COSTS) if isinstance(stated_cost, dict) else stated_cost
    cost = _billionths(stated_cost)
    if stated_cost is not None and cost is None:
        doubts.append(f"cost cannot be {_excerpt(stated_cost)}")
    return (inputs, outputs), cost, tuple(f"{doubt}: not believed" for doubt in doubts)


def _first(usage: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((usage[name] for name in names if usage.get(name) is not None), None)


def _part(usage: Mapping[str, Any], pattern: str) -> int:
    """The tokens of a part, which some servers state twice: in the usage, and in the details of a whole."""
    objects = [usage, *(part for part in usage.values() if isinstance(part, dict))]
    counts = [count for fields in objects for name, count in fields.items() if re.search(pattern, name)]
    return max((count for count in counts if _is_count(count, 0)), default=0)


def _billionths(value: Any) -> int | None:
    """Dollars, which some servers write as text, in billionths; None if there are none, or none that can be right."""
    try:
        dollars = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
    return math.ceil(dollars * 1e9) if 0 <= dollars <= _MOST_DOLLARS else None


def _number(digits: str) -> int | float:
    """Python refuses to read an integer of thousands of digits, which must not cost an answer."""
    return int(digits) if len(digits) < 40 else float(digits)


def _is_count(value: Any, least: int) -> bool:
    return type(value) is int and least <= value <= MOST_TOKENS


def _excerpt(value: Any) -> str:
    text = repr(value) if isinstance(value, (int, float, str)) and len(str(value)[:41]) <= 40 else type(value).__name__
    return " ".join(encodable(text).split())
