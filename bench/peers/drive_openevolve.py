"""Run openevolve on a task, in its own interpreter: `python drive_openevolve.py SPEC.json`, with the fields of `search.Spec`.

Its default strategy (MAP-Elites with five islands in worker processes), with whole programs as answers. With `isolated` each
candidate is evaluated in a process of its own, as openevolve's circle packing example does.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from openevolve import run_evolution
from openevolve.config import Config, LLMModelConfig

HOME = Path(__file__).resolve().parent


def main() -> None:
    """Search until the answers are used up, and write the best program."""
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    config = Config(random_seed=spec["seed"], diff_based_evolution=False, log_level="WARNING")
    config.checkpoint_interval = spec["checkpoint_every"]
    config.llm.models = [
        LLMModelConfig(
            name="peers", api_base=spec["url"], api_key="none", temperature=0.7, max_tokens=4096, timeout=120, retries=0
        )
    ]
    config.prompt.system_message = spec["description"]
    config.evaluator.cascade_evaluation = False
    config.evaluator.timeout = spec["time_limit"]
    config.evaluator.parallel_evaluations = max(spec["workers"], spec["threads"])
    used = int(spec["checkpoint"].rpartition("_")[2]) if spec["checkpoint"] else 0
    result = run_evolution(
        initial_program=spec["start_file"],
        evaluator=str(HOME / ("apart_scorer.py" if spec["isolated"] else f"{os.environ['PEERS_SCORER']}.py")),
        config=config,
        iterations=spec["answers"] - used,
        output_dir=spec["run_folder"] or None,
        cleanup=not spec["run_folder"],
        checkpoint_path=spec["checkpoint"] or None,
    )
    Path(spec["best"]).write_text(result.best_code, encoding="utf-8")


if __name__ == "__main__":
    main()
