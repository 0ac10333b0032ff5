"""The wheel and the sdist: what they hold, and that strop runs where only the wheel is installed."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from strop.base.version import __version__
from support.command_line import DOUBLING, environment

pytest.importorskip("hatchling", reason="the extra dev brings the build backend")
pytestmark = [pytest.mark.process, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SMALL = ["--utility-budget", "2", "--lm-budget", "1", "--max-responses", "1", "--seed", "1"]
LARGEST = 120_000_000
"""Bytes of an installation without bytecode."""


def build(target: str, source: Path, folder: Path) -> Path:
    """Build a wheel or an sdist of `source` into `folder`."""
    order = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(order, cwd=source, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@dataclass(frozen=True)
class Built:
    """Both forms of the distribution, and the wheel that is built from the sdist."""

    wheel: Path
    sdist: Path
    wheel_of_sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    sdist = build("sdist", ROOT, folder / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian's Python 3.11.2 has none
        archive.extractall(folder / "unpacked")
    (unpacked,) = (folder / "unpacked").iterdir()
    return Built(build("wheel", ROOT, folder / "wheel"), sdist, build("wheel", unpacked, folder / "again"))


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_wheel_and_sdist_hold_the_package_and_nothing_else_and_are_the_same(built: Built) -> None:
    files = contents(built.wheel)
    package = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src/strop").rglob("*") if path.is_file()}
    package = {name for name in package if not {"__pycache__", ".mypy_cache"} & {*Path(name).parts}}
    assert {name for name in files if ".dist-info/" not in name} == package
    assert [name for name, content in files.items() if str(ROOT).encode() in content] == []
    assert contents(built.wheel_of_sdist) == files
    with tarfile.open(built.sdist) as archive:
        top = {"/".join(Path(name).parts[1:3]) for name in archive.getnames()}
    documents = {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "SECURITY.md"}
    assert top == {"src/strop", ".gitignore", "pyproject.toml", "PKG-INFO"} | documents


def test_metadata_names_what_people_and_installers_read(built: Built) -> None:
    (text,) = (content for name, content in contents(built.wheel).items() if name.endswith("/METADATA"))
    metadata: Message = Parser().parsestr(text.decode())
    assert metadata["License-Expression"] == "MIT" and metadata["Requires-Python"] == ">=3.11"
    assert str(metadata.get_payload()).strip() == (ROOT / "README.md").read_text("utf-8").strip()
    assert {"Typing :: Typed", "Operating System :: POSIX :: Linux"} <= {*metadata.get_all("Classifier", [])}
    assert {*metadata.get_all("Provides-Extra", [])} == {*PROJECT["optional-dependencies"]}
    plain = [words for words in metadata.get_all("Requires-Dist", []) if "extra ==" not in words]
    assert len(plain) == len(PROJECT["dependencies"])


def check_that_it_runs(environment_folder: Path, folder: Path) -> None:
    """`strop run` and `strop improve` of the installed wheel, small."""

    def strop(*arguments: str) -> str:
        command = [str(environment_folder / "bin/strop"), *arguments]
        done = subprocess.run(
            command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert strop("--version").strip() == __version__
    command = [environment_folder / "bin/python", "-c", "import strop; print(strop.__file__)"]
    place = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert place.stdout.startswith(str(environment_folder))
    (folder / "doubling.py").write_text(DOUBLING, "utf-8")
    assert "STOP on doubling" in strop("run", "doubling.py", "-T", "0", "--copies", "1", *SMALL, "--out", "run")
    document = json.loads(strop("improve", "doubling.py", *SMALL, "--out", "improvement", "--json"))
    assert document["task"] == "doubling" and document["finding"] != "unfinished"


def test_wheel_with_its_libraries_is_small_and_runs_in_an_empty_environment(built: Built, tmp_path: Path) -> None:
    """Needs a package registry."""
    venv.create(tmp_path / "env", symlinks=True)
    python = tmp_path / "env/bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), str(built.wheel)], check=True, capture_output=True)
    (site,) = (tmp_path / "env/lib").glob("python*/site-packages")
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < LARGEST
    check_that_it_runs(tmp_path / "env", tmp_path)
