from pathlib import Path

from hostile.repositories.parts import executable, python_mark


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
    (repository / "setup.cfg").write_text(
        "[tool:pytest]\naddopts = -p conftest\n[options.entry_points]\nstrop.tasks =\n  x = strop\n"
    )
    (repository / "pyproject.toml").write_text(
        '[project.entry-points."strop.tasks"]\nx = "strop"\n[tool.pytest.ini_options]\naddopts = "-p evil"\n'
    )
    (repository / "x-1.dist-info").mkdir()
    (repository / "x-1.dist-info/METADATA").write_text("Name: x\nVersion: 1\n")
    (repository / "x-1.dist-info/entry_points.txt").write_text(
        "[strop.tasks]\nx = strop\n[strop.evaluation]\nx = strop\n"
    )
    executable(repository / "git", f"#!/bin/sh\ntouch {outside}/ran\n")
    executable(repository / "sh", f"#!/bin/sh\ntouch {outside}/ran\n")
