"""ShinkaEvolve's evaluation script: `python shinka_scorer.py --program_path FILE --results_dir FOLDER`.

It writes the two result files itself. Its documentation offers `shinka.core.run_shinka_eval` for that, whose import takes some
five seconds of CPU for each candidate.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
from pathlib import Path


def main() -> None:
    """Evaluate the program and write `metrics.json` and `correct.json`, which the search reads."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program_path", type=Path, required=True)
    parser.add_argument("--results_dir", type=Path, required=True)
    options = parser.parse_args()
    scorer = importlib.import_module(os.environ["PEERS_SCORER"])
    value, error = scorer.scored(options.program_path.read_text(encoding="utf-8"))
    metrics = {"combined_score": value, "public": {}, "private": {}, "text_feedback": error}
    options.results_dir.mkdir(parents=True, exist_ok=True)
    (options.results_dir / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    correct = {"correct": not error, "error": error or None}
    (options.results_dir / "correct.json").write_text(json.dumps(correct), encoding="utf-8")


if __name__ == "__main__":
    main()
