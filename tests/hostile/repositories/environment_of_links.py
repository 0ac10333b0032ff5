from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """A virtual environment whose interpreters are links to the user's files."""
    (repository / ".venv/bin").mkdir(parents=True)
    (repository / "pyproject.toml").touch()
    (repository / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    (repository / ".venv/bin/python").symlink_to(outside / "secret")
    (repository / ".venv/bin/python3").symlink_to(outside / "bin/python3")
    (repository / "measure.py").write_text(f"print(open({str(outside / 'secret')!r}).read())\nprint('speed: 2')\n")
