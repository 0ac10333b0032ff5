"""The figures of a run's report as pictures for a paper or a talk: SVG and PNG, and the data of each as CSV.

A stand-in for a language model is named beneath every figure.
"""

from __future__ import annotations

import csv
from pathlib import Path

from strop.report.export.words import cell
from strop.report.figures.figure import save_figure
from strop.report.html.document import page_document
from strop.report.html.figures import drawings_of
from strop.report.html.load import read
from strop.store import Store


def write_pictures(store: Store, directory: Path, folder: Path) -> int:
    """Write every figure of the report of the record in `directory` to `folder`; how many there are."""
    document = page_document(store, directory)
    judged = read(store).judged if document["run"]["kind"] == "table2" else {}
    drawings = drawings_of(document, judged)
    for each in drawings:
        save_figure(each.drawn, folder, each.id, notice=document["run"]["notice"])
        with (folder / f"{each.id}.csv").open("x", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([cell(name) for name in each.columns])
            rows.writerows([[cell(value) for value in row] for row in each.rows])
    return len(drawings)
