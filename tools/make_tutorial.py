"""Record the answers that docs/tutorial.ipynb is executed against: run it with the offline proposer and keep what that answered.

`python tools/make_tutorial.py` writes docs/tutorial_answers.jsonl anew. Needed after a change of the notebook, or of a prompt.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from strop.runs.resume import write_answers
from strop.store import Store

DOCS = Path(__file__).parent.parent / "docs"
NOTEBOOK = DOCS / "tutorial.ipynb"
ANSWERS = DOCS / "tutorial_answers.jsonl"
RECORDED, ASKED = f"recorded:{ANSWERS.name}", "offline:skill=1.0"


def main() -> None:
    """Execute the notebook with the proposer in the place of the recording, and gather the answers of all its runs."""
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert RECORDED in text
    notebook = nbformat.reads(text.replace(RECORDED, ASKED), as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        for cell in notebook.cells:
            cell.source = cell.source.replace("Path(tempfile.mkdtemp())", f"Path({folder!r})")
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(DOCS)}}).execute()
        head, lines = "", {}
        for run in sorted(Path(folder).rglob("run.sqlite")):
            one = run.parent / "answers.jsonl"
            with Store.open(run.parent) as store:
                write_answers(store, one)
            head, *answers = one.read_text(encoding="utf-8").splitlines()
            lines.update(dict.fromkeys(answers))
    ANSWERS.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    print(f"{len(lines)} answers in {ANSWERS}")


if __name__ == "__main__":
    main()
