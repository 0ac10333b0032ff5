"""The figures of a run's report as SVG and PNG, and the data of each as CSV.

A caption beneath every figure says where the model is a stand-in.
"""

from __future__ import annotations

import csv
from pathlib import Path

from strop.report.export.safe_text import cell
from strop.report.figures.figure import save_figure
from strop.report.html.document import page_document
from strop.report.html.figures import drawings_of
from strop.store import Store


def write_figures(store: Store, directory: Path, folder: Path) -> int:
    """Write every figure of the report of the record in `directory` to `folder`; returns their number."""
    document = page_document(store, directory)
    drawings = drawings_of(document)
    for drawing in drawings:
        save_figure(drawing.drawn, folder, drawing.id, notice=document["run"]["notice"])
        with (folder / f"{drawing.id}.csv").open("x", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([cell(name) for name in drawing.columns])
            rows.writerows([[cell(value) for value in row] for row in drawing.rows])
    return len(drawings)
