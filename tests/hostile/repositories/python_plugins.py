from pathlib import Path

from hostile.repositories.parts import executable, python_mark
from support.trees import written


def spoil(repository: Path, outside: Path) -> None:
    """Files that Python and pytest take from the folder where they run."""
    run = python_mark(outside)
    for name in (
        "sitecustomize.py",
        "usercustomize.py",
        "conftest.py",
        "setup.py",
        "strop.py",
        "numpy.py",
        "tomllib.py",
        "ast.py",
        "rich.py",
        "evil.pth",
    ):
        (repository / name).write_text(run)
    written(
        repository,
        {
            "setup.cfg": "[tool:pytest]\naddopts = -p conftest\n[options.entry_points]\nstrop.tasks =\n  x = strop\n",
            "pyproject.toml": '[project.entry-points."strop.tasks"]\nx = "strop"\n[tool.pytest.ini_options]\naddopts = "-p evil"\n',
            "x-1.dist-info/METADATA": "Name: x\nVersion: 1\n",
            "x-1.dist-info/entry_points.txt": "[strop.tasks]\nx = strop\n[strop.evaluation]\nx = strop\n",
        },
    )
    executable(repository / "git", f"#!/bin/sh\ntouch {outside}/ran\n")
    executable(repository / "sh", f"#!/bin/sh\ntouch {outside}/ran\n")
