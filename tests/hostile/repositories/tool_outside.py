from pathlib import Path

from hostile.repositories.parts import configured


def spoil(repository: Path, outside: Path) -> None:
    """strop.toml names a folder of the user's as a tool."""
    configured(repository, f"tool = [{str(outside)!r}]\n")
    (repository / "measure.py").write_text(f"print(open({str(outside / 'secret')!r}).read())\nprint('speed: 2')\n")
