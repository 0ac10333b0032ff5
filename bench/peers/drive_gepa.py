"""Run gepa on a task, in gepa's interpreter: `python drive_gepa.py SPEC.json`, with the fields of `search.Spec`.

`optimize_anything` in its mode for one task, with several proposals an iteration, evaluation in threads of this process (its
default, `parallel=True`) and a cache of evaluations. The model is a callable, as its documentation offers, with a batch form
that asks from threads; so gepa needs no LiteLLM. With `isolated` each candidate is evaluated in a process of its own, as gepa's
circle packing example does.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gepa.optimize_anything import EngineConfig, GEPAConfig, ReflectionConfig, optimize_anything
from gepa.strategies.proposal_sampling import SameParentSampling


class Model:
    """Asks the server; one connection for each thread."""

    def __init__(self, url: str, threads: int) -> None:
        self._address = urlsplit(url)
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(threads)

    def __call__(self, prompt: str | list[dict[str, Any]]) -> str:
        """One answer to a prompt, which is a text or a list of messages."""
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection(self._address.netloc, timeout=120)
        body = json.dumps({"model": "peers", "messages": messages, "temperature": 0.7})
        connection: http.client.HTTPConnection = self._local.connection
        connection.request("POST", f"{self._address.path}/chat/completions", body, {"Content-Type": "application/json"})
        document = json.loads(connection.getresponse().read())
        return str(document["choices"][0]["message"]["content"])

    def batch_complete(self, prompts: list[list[dict[str, Any]]]) -> list[str]:
        """The answers to several prompts, asked at the same time."""
        return list(self._pool.map(self, prompts))


def proposals(state: Any) -> int:
    """Answers that the search has used, those before it was continued included."""
    return sum(iteration.get("n_tasks", 0) for iteration in state.full_program_trace)


def main() -> None:
    """Search until the answers are used up, and write the best program."""
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    model = Model(spec["url"], spec["threads"])
    scorer = importlib.import_module(os.environ["PEERS_SCORER"])

    def evaluate(candidate: str) -> tuple[float, dict[str, str]]:
        if spec["isolated"]:
            with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
                file.write(candidate)
                file.flush()
                return importlib.import_module("apart_scorer").evaluate(file.name)["combined_score"], {}
        score, error = scorer.scored(candidate)
        return score, {"Error": error} if error else {}

    result = optimize_anything(
        seed_candidate=spec["start"],
        evaluator=evaluate,
        objective="Improve the program.",
        background=spec["description"],
        config=GEPAConfig(
            engine=EngineConfig(
                run_dir=spec["run_folder"],
                seed=spec["seed"],
                max_workers=spec["workers"],
                cache_evaluation=True,
                cache_evaluation_storage="memory",
                sampling_strategy=SameParentSampling(min(spec["threads"], spec["answers"])),
            ),
            reflection=ReflectionConfig(reflection_lm=model),
            stop_callbacks=lambda state: proposals(state) >= spec["answers"],
        ),
    )
    Path(spec["best"]).write_text(str(result.best_candidate), encoding="utf-8")


if __name__ == "__main__":
    main()
