"""Run ShinkaEvolve on a task, in its interpreter: `python drive_shinka.py SPEC.json`, with the fields of `search.Spec`.

Its default strategy (two islands) without embeddings and meta recommendations, which need models of their own, and with whole
programs as answers. It starts an interpreter for each candidate, `shinka_scorer.py`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
from shinka.core import EvolutionConfig, ShinkaEvolveRunner
from shinka.database import DatabaseConfig
from shinka.launch import LocalJobConfig

HOME = Path(__file__).resolve().parent


def main() -> None:
    """Search until the answers are used up, and write the best program."""
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    np.random.seed(spec["seed"])
    os.environ.setdefault("OPENAI_API_KEY", "none")
    folder = Path(spec["run_folder"] or Path(spec["best"]).parent / "shinka")
    runner = ShinkaEvolveRunner(
        evo_config=EvolutionConfig(
            task_sys_msg=spec["description"],
            patch_types=["full"],
            patch_type_probs=[1.0],
            num_generations=spec["answers"] + 1,
            llm_models=[f"local/peers@{spec['url']}"],
            llm_dynamic_selection=None,
            llm_kwargs={"temperatures": [0.7], "max_tokens": 4096},
            meta_rec_interval=None,
            embedding_model=None,
            init_program_path=spec["start_file"],
            results_dir=str(folder),
        ),
        job_config=LocalJobConfig(eval_program_path=str(HOME / "shinka_scorer.py"), time=_clock(spec["time_limit"])),
        db_config=DatabaseConfig(db_path=str(folder / "programs.sqlite")),
        verbose=False,
        max_evaluation_jobs=spec["workers"],
        max_proposal_jobs=spec["threads"],
        max_db_workers=4,
    )
    runner.run()
    program = next(iter(sorted((folder / "best").glob("*.py"))), None)
    Path(spec["best"]).write_text(program.read_text(encoding="utf-8") if program else spec["start"], encoding="utf-8")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"


if __name__ == "__main__":
    main()
