"""From the text of a specification, its options and the environment to a model, or to one line that says what is wrong."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.lm import registry
from strop.lm.base import LanguageModel
from strop.lm.openai import OpenAIModel, Settings
from strop.lm.options import META, NAMES, ModelSettings, joined, members, price_per_million, read_spec, with_meta
from strop.lm.providers import PROVIDERS, Provider, endpoint_of
from support.rows import table
from support.trees import written

KEY = "sk-test-0123456789abcdef"
OTHER = "sk-other-0123456789abcdef"
LOCAL = "http://127.0.0.1:9/v1"
SERVERS = {name: provider for name, provider in PROVIDERS.items() if provider.url}
EVERY_KEY = {variable: f"{OTHER}-{variable}" for provider in SERVERS.values() for variable in provider.key_variables}
EVERY_URL = {variable: "http://other:1/v1" for each in SERVERS.values() if (variable := each.url_variable)}


def make(spec: str, base_url: str | None = None, **environ: str) -> LanguageModel:
    model = registry.make(spec, base_url=base_url, seed=0, environ=environ)
    model.close()
    return model


@table(
    ("spec", "is_language_model"),
    (
        ("offline", False),
        ("offline:skill=0.8", False),
        ("openai/gpt-4o", True),
        *((f"{provider}/any/thing:free@2026", True) for provider in ("ollama", "vllm", "llamacpp")),
        ("inbox:questions", True),
        ("command:sh -c 'echo http://host/?seed=1'", True),
        ("python:os.path:join", True),
        ('mix:["offline?weight=3","offline:skill=0.8"]', False),
        ('mix:["vllm/a","offline"]', False),
        ('mix:["vllm/a","vllm/b"]', True),
    ),
)
def test_registry_makes_the_model_that_is_named(spec: str, is_language_model: bool) -> None:
    model = make(spec, OPENAI_API_KEY=KEY, PATH=os.environ["PATH"])
    assert (model.name, model.is_language_model) == (spec, is_language_model)


@table(
    "spec, said",
    # Specification → what the one line says. `--base-url` behind it: with one.
    (
        ("opnai/gpt-4o", "Did you mean openai/gpt-4o?"),
        ("Ollama/llama3.2", "Did you mean ollama/llama3.2?"),
        ("ofline", "Did you mean offline?"),
        ("script:x", "Did you mean scripted:FILE?"),
        ("imbox:q", "Did you mean inbox:DIR"),
        ("commnad:cat", "Did you mean command:PROGRAM"),
        ("gpt-4o", "write openai/gpt-4o"),
        ("bedrock/titan", "openai/<model> with base_url URL"),
        *((spec, "model is missing") for spec in ("", "  ")),
        *((spec, "/<model>, with the name that the server uses") for spec in ("openai", "openai/", "ollama/ ")),
        *((f"{spec} --base-url", "base_url does not apply to model") for spec in ("offline", "scripted:answers")),
        *((f'mix:["vllm/a","{other}"] --base-url', "MODEL?url=URL") for other in ("openai/b", "offline")),
        *((f"offline:{odd}", "write `offline` or") for odd in ("", "skill=high", "skill=1.1", "skill=nan", "luck=0.5")),
        *((f"offline:{odd}", "write `offline` or") for odd in ("unsafe=2", "skill=1,skill=1", "unsafe=0.1,", "skill")),
        *((spec, "needs a folder") for spec in ("inbox:", "inbox", "inbox:a\nb")),
        ("inbox:/dev/null", "is not a folder"),
        ("inbox?timeout=3:q", "takes no timeout"),
        ("inbox?connections=3:q", "takes no connections"),
        *((spec, "needs a program") for spec in ("command:", "command:  ", "command")),
        ("command:sh -c 'half", "invalid command line: No closing quotation"),
        ("command:no-such-program-anywhere -x", "there is no program 'no-such-program-anywhere'"),
        ("command:sh\x1b[31m", "one line of printable text"),
        ("command?timeout=0:cat", "must be a number of seconds above 0"),
        ("command?seed=3:cat", "takes no seed"),
        (f"command:echo {KEY}", "holds a key of your environment; let the program read the variable"),
        *((spec, "python:MODULE:FUNCTION") for spec in ("python", "python:own")),
        ("python:no_such_module_anywhere:f", "No module named"),
        ("python:gone.py:f", "No such file"),
        ("python:own.py:nothing", "has no attribute 'nothing'"),
        ("python:own.py:text", "str cannot be called"),
        ("python:broken.py:f", "cannot be loaded: NameError"),
        ("python:leaves.py:f", "cannot be loaded: SystemExit"),
        ("python:own.py:answer?seed=3", "takes no seed"),
        *((f"{spec}:nowhere.jsonl", "cannot read") for spec in ("recorded", "scripted")),
        *((spec, "needs a file of responses") for spec in ("recorded:", "recorded", "scripted:")),
        *((f"mix:{odd}", "JSON list of models") for odd in ("", "3", "[]", "[1]", '[""]', "[", "[" * 100_000)),
        (joined(["offline", joined(["offline", "offline"])]), "no other mixture"),
        ("openai/m?sed=3", "Did you mean seed?"),
        ("openai/m?max-tokens=3", "Did you mean max_tokens?"),
        ("openai/m?temprature=3", "Options: weight, level, price"),
        ("openai/m?", "no option ''"),
        ("openai/m?seed=1&seed=2", "seed appears twice"),
        *((f"openai/m?weight={odd}", "weight is") for odd in ("0", "-1", "nan", "inf", "x")),
        *((f"openai/m?timeout={odd}", "timeout is") for odd in ("0", "1e999")),
        *((f"openai/m?give_up_after={odd}", "give_up_after is") for odd in ("-1", "x")),
        *((f"openai/m?connections={odd}", "whole number from 1 to 1024") for odd in ("0", "1.5", "1025")),
        *((f"openai/m?seed={odd}", "whole number of 0 or more") for odd in ("-1", "", "٣", "9" * 5000)),
        *((f"openai/m?price={odd}", "IN,OUT") for odd in ("1,2,3", "-1,2", "x", "", "nan,1")),
        ("openai/m?max_tokens=0", "max_tokens is"),
        ("openai/m?level=x", "the only level is meta"),
        ("openai/m?url=", "url is empty"),
        # Addresses and keys; a vendor's own host needs a key.
        *(
            (f"openai/m?url={odd}", "must look like")
            for odd in ("localhost:8000", "ftp://a/v1", "http://", "http://a:99999/v1")
        ),
        ("openai/gpt-4o?url=https://api.openai.com/v1", "needs a key: set OPENAI_API_KEY"),
        *(
            (f"{name}/m", f"needs a key: set {row.key_variables[0]}")
            for name, row in PROVIDERS.items()
            if row.needs_key
        ),
    ),
)
def test_specification_that_cannot_be_meant_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(
        tmp_path, {"own.py": "text = 'x'\ndef answer(request): ...", "broken.py": "undefined", "leaves.py": "exit()"}
    )
    url = LOCAL if spec.endswith(" --base-url") else None
    with pytest.raises(ConfigurationError, match=re.escape(said)) as caught:
        make(spec.removesuffix(" --base-url"), url, PATH=os.environ["PATH"], VLLM_API_KEY=KEY)
    assert "\n" not in str(caught.value)


@table(
    "options, settings",
    [
        (
            "?max_tokens=77&seed=5&timeout=3600&connections=3",
            Settings(3, 77, 5, read_seconds=3600.0, deadline_seconds=3600.0),
        ),
        ("", Settings(max_tokens=100)),
    ],
)
def test_registry_hands_the_options_on_and_the_defaults_where_there_are_none(options: str, settings: Settings) -> None:
    model = registry.make(f"vllm/m{options}", base_url=None, seed=0, environ={}, defaults=ModelSettings(max_tokens=100))
    model.close()
    assert isinstance(model, OpenAIModel) and (model.name, model._settings) == ("vllm/m", settings)


OPTIONS = {
    "weight": ("2.5", 2.5),
    "level": ("meta", "meta"),
    "price": ("0.15,0.60", "0.15,0.60"),
    "max_tokens": ("1024", 1024),
    "seed": ("0", 0),
    "url": ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
    "timeout": ("90.5", 90.5),
    "give_up_after": ("0", 0.0),
    "connections": ("1024", 1024),
}
"""Option → how it is written, and its value."""
TEXTS = ("a:free", "org/model:free@2026", "ft:gpt:org::id", "models/x.gguf")
"""Names of models at servers."""
OF_USERS = (
    'command:"ask --what?seed=1"',
    "command:ask?x=1",
    "inbox:what?/now",
    "scripted:answers?1.jsonl",
    'mix:["a?b=1"]',
)


def test_options_are_read_behind_the_name_of_a_model_and_before_a_text_of_the_users() -> None:
    assert {*OPTIONS} == {*NAMES}
    for name, (text, value) in OPTIONS.items():
        assert read_spec(f"openai/m?{name}={text}") == ("openai/m", replace(ModelSettings(), **{name: value}))  # type: ignore[arg-type]
    for model in TEXTS:
        assert read_spec(f"openai/{model}?seed=1")[0] == f"openai/{model}"
        assert endpoint_of(f"vllm/{model}", base_url=None, environ={}).model == model
    for spec in OF_USERS:
        assert read_spec(spec) == (spec, ModelSettings())
    for head in ("command", "inbox", "scripted"):
        assert read_spec(f"{head}?weight=2:what?seed=1") == (f"{head}:what?seed=1", ModelSettings(weight=2.0))
    defaults = ModelSettings(seed=1, max_tokens=100, url="http://a:1/v1")
    assert read_spec("openai/m?seed=2", defaults)[1] == replace(defaults, seed=2)
    assert [price_per_million(text) for text in ("0.15,0.60", "3", "0,0")] == [(0.15, 0.6), (3.0, 3.0), (0.0, 0.0)]


def test_specifications_joined_are_the_members_again_and_a_meta_model_has_its_level() -> None:
    for specs in (["a"], ["a?weight=3", "b"], ['command:"x, [y]"', "openai/ü"]):
        assert list(members(joined(specs))) == specs
        assert joined(specs[:1]) == specs[0]
    for meta in ("b", "b?seed=1", "command:ask?x", "command?weight=2:ask?x"):
        programs, improvers = members(with_meta("a?seed=2", meta))
        assert read_spec(improvers) == (read_spec(meta)[0], replace(read_spec(meta)[1], level=META))
        assert programs == "a?seed=2"
    with pytest.raises(ConfigurationError, match="meta_model"):
        with_meta("a?level=meta", "b")


ADDRESSES = (
    ("openai/m", "OPENAI_API_KEY", "", "https://api.openai.com/v1"),
    ("anthropic/m", "ANTHROPIC_API_KEY", "", "https://api.anthropic.com/v1"),
    ("gemini/m", "GEMINI_API_KEY", "", "https://generativelanguage.googleapis.com/v1beta/openai"),
    ("gemini/m", "GOOGLE_API_KEY", "", "https://generativelanguage.googleapis.com/v1beta/openai"),
    ("openrouter/m", "OPENROUTER_API_KEY", "", "https://openrouter.ai/api/v1"),
    ("ollama/m", "OLLAMA_API_KEY", "", "http://localhost:11434/v1"),
    ("vllm/m", "VLLM_API_KEY", "", "http://localhost:8000/v1"),
    ("llamacpp/m", "LLAMA_API_KEY", "", "http://localhost:8080/v1"),
    ("openai/m", "", "OPENAI_BASE_URL=http://a:1/v1/", "http://a:1/v1"),
    ("openai/m", "", "OPENAI_BASE_URL=http://a:1/v1/ http://b:1/v1", "http://b:1/v1"),
    *(("openai/m", "", f"http://b:1/v1{end}", "http://b:1/v1") for end in ("/chat/completions/", "/models", "/")),
    ("anthropic/m", "", "ANTHROPIC_BASE_URL=https://gateway.example", "https://gateway.example/v1"),
    ("anthropic/m", "", "ANTHROPIC_BASE_URL=https://gateway.example/", "https://gateway.example/v1"),
    ("anthropic/m", "", "ANTHROPIC_BASE_URL=https://gateway.example/claude/v1/", "https://gateway.example/claude/v1"),
    ("ollama/m", "", "OLLAMA_HOST=", "http://localhost:11434/v1"),
    ("ollama/m", "", "OLLAMA_HOST=0.0.0.0", "http://localhost:11434/v1"),
    ("ollama/m", "", "OLLAMA_HOST=:9000", "http://localhost:9000/v1"),
    ("ollama/m", "", "OLLAMA_HOST=10.0.0.5:9000", "http://10.0.0.5:9000/v1"),
    ("ollama/m", "", "OLLAMA_HOST=https://models.example", "https://models.example:443/v1"),
    ("ollama/m", "", "OLLAMA_HOST=http://models.example/", "http://models.example:80/v1"),
    ("ollama/m", "", "OLLAMA_HOST=[::1]:9000", "http://[::1]:9000/v1"),
)
"""Model, the variable of its key, what else is said (a variable, the base URL) → its address."""


def test_endpoint_has_its_address_and_the_key_of_its_variable() -> None:
    for spec, variable, said, expected in ADDRESSES:
        words = said.split()
        environ = dict(word.split("=", 1) for word in words if "=" in word) | ({variable: KEY} if variable else {})
        base_url = next((word for word in words if "=" not in word), None)
        place = endpoint_of(spec, base_url=base_url, environ=environ)
        assert (place.base_url, place.key, place.model) == (expected, KEY if variable else None, "m"), (spec, said)
        assert not variable or place.key_variable == variable
        assert KEY not in repr(place)
    assert endpoint_of("gemini/m", base_url=None, environ={"GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": OTHER}).key == KEY


@table(("name", "row"), SERVERS.items())
def test_endpoint_reads_no_variable_of_another_provider(name: str, row: Provider) -> None:
    own = (*row.key_variables, row.url_variable)
    others = {variable: value for variable, value in (EVERY_KEY | EVERY_URL).items() if variable not in own}
    assert endpoint_of(f"{name}/m", base_url=LOCAL, environ=others).key is None
    at_home = endpoint_of(f"{name}/m", base_url=None, environ={**others, row.key_variables[0]: KEY})
    assert (at_home.base_url, at_home.key) == (row.url, KEY)


@table(
    ("environ", "base_url", "said"),
    (
        *(({"ANTHROPIC_BASE_URL": odd}, None, "must look like") for odd in ("localhost:8000", "http://[1/v1")),
        ({}, "http://[1/v1", "must look like"),
        *(({}, f"http://{who}@a/v1", "user name or password") for who in ("me:hunter22", "hunter22", ":hunter22")),
        ({"ANTHROPIC_API_KEY": "sk-hunter22-clé"}, None, "ANTHROPIC_API_KEY has characters"),
        ({}, None, "ANTHROPIC_API_KEY, or name another server with base_url"),
    ),
)
def test_endpoint_refuses_what_cannot_be_used_and_shows_no_secret(
    environ: dict[str, str], base_url: str | None, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        endpoint_of("anthropic/m", base_url=base_url, environ=environ)
    assert "hunter22" not in str(caught.value)
