"""The tutorial notebook: executed against the recording beside it, as its reader would."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = DOCS / "tutorial.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """The notebook after all of its cells."""
    home = tmp_path_factory.mktemp("jupyter")
    notebook = nbformat.read(TUTORIAL, as_version=4)
    settings = {"IPYTHONDIR": str(home), "JUPYTER_CONFIG_DIR": str(home), "JUPYTER_RUNTIME_DIR": str(home)}
    before = {name: os.environ.get(name) for name in (*settings, "TMPDIR")}
    os.environ.update(settings, TMPDIR=str(home))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the libraries' own, of their event loops
            NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(DOCS)}}).execute()
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    return notebook


def test_tutorial_is_kept_without_outputs_and_its_recording_says_that_no_language_model_answered() -> None:
    notebook = nbformat.read(TUTORIAL, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells and all(not cell.outputs and cell.execution_count is None for cell in cells)
    assert 15 <= len(notebook.cells) <= 30
    head, *lines = (DOCS / "tutorial_answers.jsonl").read_text().splitlines()
    assert '"is_language_model": false' in head and lines


@pytest.mark.slow
def test_cells_of_the_tutorial_hold_against_its_recording_and_print_the_patch_and_no_progress(
    executed: nbformat.NotebookNode,
) -> None:
    """A cell whose assert fails raises in `executed`."""
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    shown = [output.data["text/html"] for output in outputs if "data" in output]
    assert len(shown) >= 5 and any("a stand-in answered, not a language model" in each for each in shown)
    streams = [(output.name, output.text) for output in outputs if output.output_type == "stream"]
    assert [text for name, text in streams if name == "stderr"] == []
    assert any("@@" in text and "+++ b/" in text for _, text in streams)
