"""Run as a command in a workspace, never imported by the host: try what must not work, and print what did, as JSON.

The attempts of guests (strop/sandbox/probe.py) are beside it as `attempts.py`. `posture` interprets the answers.
"""
# ruff: noqa: T201, PTH104, PTH108, PTH118, PTH123, PTH208
# mypy: allow-untyped-defs, allow-untyped-calls, allow-any-expr, ignore-errors

import contextlib
import json
import os
import sys


def list_home(targets):
    names = set(targets["names"]) & set(os.listdir(targets["home"]))
    if not names:
        raise FileNotFoundError
    return f"saw {len(names)} names in the home folder"


def read_shadow(targets):
    with open("/etc/shadow") as file:
        return f"read {len(file.read())} bytes of /etc/shadow"


def write_home(targets):
    path = os.path.join(targets["home"], ".strop-probe")
    with open(path, "x"):
        pass
    os.unlink(path)
    return "wrote in the home folder"


def write_system(targets):
    path = "/usr/strop-probe"
    with open(path, "x"):
        pass
    os.unlink(path)
    return "wrote in /usr"


def see_others(targets):
    mine = os.getsid(0)
    others = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid != 1 and session(pid) != mine]
    if not others:
        raise ProcessLookupError
    return f"saw {len(others)} processes of others"


def session(pid):
    return os.getsid(pid)


def change_protected(targets):
    with open("protected/file", "a") as file:
        file.write("x")
    return "changed a protected file"


def rename_protected(targets):
    os.rename("protected/file", "protected/moved")
    return "renamed a protected file"


def rename_folder(targets):
    os.rename("protected", "moved")
    return "renamed the folder of a protected file"


def delete_protected(targets):
    os.unlink("protected/file")
    return "deleted a protected file"


def fill_disk(targets):
    written = 0
    for number in range(targets["disk_bytes"] // (1 << 18) + 16):
        with open(os.path.join("." if number % 2 else os.environ["TMPDIR"], f"filler-{number}"), "wb") as file:
            file.write(bytes(1 << 18))
        written += 1 << 18
    return f"wrote {written} bytes"


def start_many(targets):
    started = []
    reader, writer = os.pipe()
    try:
        for _ in range(2 * targets["processes"]):
            pid = os.fork()
            if pid == 0:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
            started.append(pid)
    finally:
        os.close(writer)
        for pid in started:
            os.waitpid(pid, 0)
    return f"started {len(started)} processes"


LAST = {"modes": ["change_mode"]}
OWN = {
    "read": [list_home, read_shadow],
    "write": [write_home, write_system],
    "others": [see_others],
    "files": [change_protected, rename_protected, delete_protected, rename_folder],
    "disk": [fill_disk],
    "processes": [start_many],
}
SHARED = {
    "read": ["read_file", "list_folder"],
    "existence": ["see_file"],
    "write": ["create_file", "append_to_file", "make_link"],
    "network": ["connect_tcp", "send_udp", "connect_unix", "connect_abstract", "send_by_pair"],
    "signals": ["signal_host"],
    "tracing": ["read_memory", "read_memory_file", "read_environment"],
    "memory": ["take_memory"],
}


def main():
    sys.path.insert(0, ".")
    import attempts

    targets = json.loads(os.environ["STROP_PROBE"])
    got = {}
    shared, own = (LAST, {}) if sys.argv[1:] else (SHARED, OWN)
    for name in {**shared, **own}:
        tried = [getattr(attempts, each) for each in shared.get(name, [])] + own.get(name, [])
        got[name] = []
        for attempt in tried:
            with contextlib.suppress(Exception):
                got[name].append(attempt(targets))
    print(json.dumps(got))


if __name__ == "__main__":
    main()
