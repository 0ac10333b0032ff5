"""Writes the record of the second experiment: what each search did, with digests in place of programs, prompts and responses.

    python bench/second_experiment/collect.py STROP OUT [RECORD]

OUT is the folder of run.py. RECORD gets a file for each search, which `strop export --texts digests` writes, and
`results.json`: the finding, gain and interval of each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main() -> None:
    strop, out = sys.argv[1], Path(sys.argv[2])
    record = Path(sys.argv[3] if len(sys.argv) > 3 else Path(__file__).parent / "record")
    record.mkdir(parents=True, exist_ok=True)
    results = dict[str, object]()
    for path in sorted(out.glob("*/result.json")):
        found, name = json.loads(path.read_text()), path.parent.name
        target = str((record / f"{name}.jsonl").absolute())
        command = [strop, "export", str(path.parent / "run"), "--texts", "digests", "-o", target, "--force"]
        subprocess.run(command, check=True)
        change = found["change"] or {}
        results[name] = {
            "finding": found["finding"],
            **{each: change.get(each) for each in ("before", "after", "amount", "interval", "confidence", "n")},
            "held_back": found["own_score_because"],
            "answers": {each: found["answers"][each] for each in ("total", "ran", "failed", "no_program", "repeated")},
            "evaluations": found["improvement"]["utility_calls"],
        }
    (record / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(f"{len(results)} searches in {record}")


if __name__ == "__main__":
    main()
