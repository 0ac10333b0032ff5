from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """strop.toml takes the folder above as its tree."""
    text = (repository / "strop.toml").read_text()
    (repository / "strop.toml").write_text('root = ".."\n' + text.replace('"prog.py"', '"repository/prog.py"'))
    (repository / "measure.py").write_text("print(open('../outside/secret').read())\nprint('speed: 2')\n")
