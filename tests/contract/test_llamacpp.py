"""The conformance kit against a real llama.cpp server with a tiny model of random weights.

Collected only where `xllamacpp` and `gguf` are installed; needs no network and no other file.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strop.lm import registry
from strop.lm.base import LanguageModel, Request, dropped
from support.kits import language_model as kit

xllamacpp = pytest.importorskip("xllamacpp", reason="xllamacpp, which serves the model, is not installed")
pytest.importorskip("gguf", reason="gguf, which writes the model's file, is not installed")


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], LanguageModel]]:
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    runpy.run_path(str(Path(__file__).with_name("tiny_gguf.py")))["write_tiny_gguf"](path)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx, parameters.n_parallel = 2048, 4
    parameters.n_gpu_layers = 0
    # More would wait for one another, spinning, on a machine that does other things as well.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    base_url = f"{server.listening_address}/v1"
    yield lambda: registry.make("llamacpp/tiny", base_url=base_url, seed=0, environ={})
    del server


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_llamacpp_server_conforms(check: Callable[[kit.MakeModel], None], make: Callable[[], LanguageModel]) -> None:
    check(make)


def test_llamacpp_server_gives_as_many_responses_as_asked_when_they_exceed_its_slots(
    make: Callable[[], LanguageModel],
) -> None:
    model = make()
    completions = model.complete([Request("", "hello", sample=sample) for sample in range(6)], dropped)
    model.close()
    assert len(completions) == 6
    assert sum(completion.output_tokens or 0 for completion in completions) > 0


def test_llamacpp_server_refuses_a_prompt_beyond_its_context(make: Callable[[], LanguageModel]) -> None:
    model = make()
    (completion,) = model.complete([Request("", "long " * 10_000)], dropped)
    model.close()
    assert (completion.text, completion.finish_reason) == ("", "refused")
