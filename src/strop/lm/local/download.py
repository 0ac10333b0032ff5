"""The file of a local model: one on this machine, or one that is downloaded from the hub once and compared with its digest.

The hub's own library downloads: it draws the bar, continues where a connection ended, and stores files where other programs find
them, by its own variables (HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_TOKEN). It does not compare digests, and leaves
the remains of a killed download behind; both are done here. The hub is not asked about a file that is on this machine.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import importlib
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strop.base.console import notify
from strop.base.errors import ConfigurationError, LanguageModelError, StropError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
"""How llama.cpp names the parts of a split model."""
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_MAGIC = b"GGUF"
_MOST_NEAR = 8


@dataclass(frozen=True)
class HubFile:
    """One file of a repository of the hub."""

    repository: str
    """`owner/name`."""
    name: str
    """Its path in the repository."""

    def __str__(self) -> str:
        return f"{self.repository}/{self.name}"


def fetch(text: str) -> Path:
    """The path of the model's file that `text` names: `PATH` of an existing file, else `owner/repository/file.gguf`.

    Raises:
        ConfigurationError: neither; the hub has no such repository or file; it is not on this machine and HF_HUB_OFFLINE is set;
            there is no room for it.
        LanguageModelError: the hub failed, or the file has another digest.
    """
    path = Path(text).expanduser()
    if path.is_file():
        return _checked_kind(path.absolute())
    owner, _, rest = text.partition("/")
    repository, _, name = rest.partition("/")
    if not (_NAME.fullmatch(owner) and _NAME.fullmatch(repository) and name) or owner in {".", ".."}:
        raise ConfigurationError(
            f"--model local/{text}: there is no file {text!r}. Write local/PATH of an existing file, or "
            "local/<owner>/<repository>/<file.gguf> of the hub"
        )
    if not name.endswith(".gguf") or ".." in name.split("/"):
        raise ConfigurationError(f"--model local/{text}: which file of {owner}/{repository}? It must end with .gguf")
    hub = _library()
    paths = [_from_hub(hub, HubFile(f"{owner}/{repository}", part)) for part in _parts(name)]
    return _checked_kind(paths[0])


def _library() -> Any:
    """The hub's library, with the modules of it that are used here."""
    hub = importlib.import_module("huggingface_hub")
    importlib.import_module("huggingface_hub.errors")
    # By default it reports versions and which agent runs it.
    importlib.import_module("huggingface_hub.constants").HF_HUB_DISABLE_TELEMETRY = True  # type: ignore[attr-defined]
    importlib.import_module("huggingface_hub.utils.logging").set_verbosity_error()  # its warnings would break its bar
    return hub


def _checked_kind(path: Path) -> Path:
    """Raises ConfigurationError where it is not a model's file, but a page or a Git LFS pointer for example."""
    with path.open("rb") as file:
        magic = file.read(len(_MAGIC))
    if magic != _MAGIC:
        raise ConfigurationError(f"{path} is not a GGUF file: it begins with {magic!r}")
    return path


def _parts(name: str) -> list[str]:
    """All files of a model, in order: a large one is split into several."""
    split = _PART.search(name)
    if not split:
        return [name]
    return [f"{name[: split.start()]}-{number:05}-of-{split[2]}.gguf" for number in range(1, int(split[2]) + 1)]


def _from_hub(hub: Any, file: HubFile) -> Path:
    cached = hub.try_to_load_from_cache(file.repository, file.name)
    path = Path(cached) if isinstance(cached, str) else _download(hub, file)
    _verify(file, path)
    return path


def _download(hub: Any, file: HubFile) -> Path:
    """Download it with the hub's library. Raises as `fetch` does."""
    try:
        metadata = hub.get_hf_file_metadata(hub.hf_hub_url(file.repository, file.name))
        cache = Path(hub.constants.HF_HUB_CACHE)
        _require_room(file, metadata.size or 0, cache)
        _remove_remains(hub, file, str(metadata.etag), cache)
        notify(f"downloading {file} ({_gigabytes(metadata.size or 0)}) to {cache}")
        return Path(hub.hf_hub_download(file.repository, file.name))
    except (hub.errors.HTTPError, OSError, ValueError, RuntimeError) as error:
        raise _explained(hub, file, error) from error


def _explained(hub: Any, file: HubFile, error: Exception) -> StropError:
    """The error with what to do about it."""
    errors, where = hub.errors, f"the hub ({hub.constants.ENDPOINT})"
    match error:
        case errors.OfflineModeIsEnabled():
            return ConfigurationError(
                f"{file} is not on this machine, and HF_HUB_OFFLINE is set. {_by_hand(hub, file)}"
            )
        case errors.GatedRepoError():
            return ConfigurationError(
                f"{file.repository} is available only after you accept its terms at {where}: do so, and set HF_TOKEN"
            )
        case errors.RepositoryNotFoundError():
            return ConfigurationError(
                f"{where} has no repository {file.repository}: check its name, or set HF_TOKEN if it is private"
            )
        case errors.RemoteEntryNotFoundError():
            return ConfigurationError(f"{file.repository} has no file {file.name}. {_near(hub, file)}")
        case OSError(errno=errno.ENOSPC):
            return ConfigurationError(f"no room for {file} on the disk of {hub.constants.HF_HUB_CACHE}. {_ROOM}")
        case errors.HfHubHTTPError():
            return LanguageModelError(f"{where} failed for {file}: {_status(error)}. Try again later")
        case errors.HTTPError():
            return LanguageModelError(
                f"{file} is not on this machine, and {where} cannot be reached: {_line(error)}. {_by_hand(hub, file)}"
            )
    return LanguageModelError(f"downloading {file} failed: {_line(error)}. Run again to download the rest")


_ROOM = "Free some space, or set HF_HOME to a folder on another disk"


def _by_hand(hub: Any, file: HubFile) -> str:
    return (
        f"On a machine with a network, run `hf download {file.repository} {file.name}`, copy the file here and use "
        f"local/PATH; or copy the folder models--{file.repository.replace('/', '--')} into {hub.constants.HF_HUB_CACHE}"
    )


def _near(hub: Any, file: HubFile) -> str:
    """The model files that the repository has, nearest name first."""
    try:
        names = [name for name in hub.list_repo_files(file.repository) if name.endswith(".gguf")]
    except (hub.errors.HTTPError, OSError, ValueError):
        return "Its files could not be listed"
    if not names:
        return "It has no .gguf files at all; look for a repository whose name ends with GGUF"
    near = difflib.get_close_matches(file.name, names, n=_MOST_NEAR, cutoff=0.0)
    more = f" and {len(names) - len(near)} more" if len(names) > len(near) else ""
    return f"It has: {', '.join(near)}{more}"


def _require_room(file: HubFile, size: int, cache: Path) -> None:
    folder = next(folder for folder in (cache, *cache.absolute().parents) if folder.exists())
    free = shutil.disk_usage(folder).free
    if size > free:
        raise ConfigurationError(
            f"{file} needs {_gigabytes(size)}, and {cache} has room for {_gigabytes(free)}. {_ROOM}"
        )


def _remove_remains(hub: Any, file: HubFile, etag: str, cache: Path) -> None:
    """Remove the remains of killed downloads of this file, which the library never uses again; not during another download."""
    filelock = importlib.import_module("filelock")
    folder = f"models--{file.repository.replace('/', '--')}"
    remains = list((cache / folder / "blobs").glob(f"{etag}*.incomplete"))
    if remains:
        lock = filelock.FileLock(cache / ".locks" / folder / f"{etag}.lock", timeout=0)
        with suppress(filelock.Timeout, OSError, NotImplementedError), lock:
            for path in remains:
                path.unlink(missing_ok=True)


def _verify(file: HubFile, path: Path) -> None:
    """Compare the file with the hub's digest, once for each state of the file.

    The library names a file in its cache by that digest.

    Raises:
        LanguageModelError: the digests differ; the file has been removed.
    """
    blob = path.resolve()
    if not _SHA256.fullmatch(blob.name):
        notify(f"the hub has no SHA-256 of {file}; it is not verified")
        return
    state = blob.stat()
    note = blob.parent.parent / "strop-verified" / blob.name
    verified = f"{state.st_size} {state.st_mtime_ns}\n"
    with suppress(OSError):
        if note.read_text() == verified:
            return
    notify(f"verifying {file} ({_gigabytes(state.st_size)})")
    with blob.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest == blob.name:
        with suppress(OSError):  # a cache that others share may be read-only
            note.parent.mkdir(exist_ok=True)
            note.write_text(verified)
        return
    try:
        path.unlink()
        blob.unlink(missing_ok=True)
        done = "It has been removed; run again to download it again"
    except OSError as error:
        done = f"It could not be removed: {error}"
    raise LanguageModelError(f"{file}: the file has SHA-256 {digest}, not {blob.name} as on the hub. {done}")


def _gigabytes(size: int) -> str:
    """`4.68 GB`, or in smaller units."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.2f} {name}"
    return f"{size} bytes"


def _status(error: Any) -> str:
    """The status of the hub's answer; the error's own text is a paragraph with addresses."""
    return f"HTTP {error.response.status_code}" + (f", {error.server_message}" if error.server_message else "")


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:299]}…"
