"""Leave a word for the next run in everything that a run can change."""

import ctypes
import os
import subprocess
import tempfile

libc = ctypes.CDLL(None, use_errno=True)


SHARED = "/dev/shm" if os.getcwd() == "/copy" else "."


class Message(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_long), ("text", ctypes.c_char * 64))


def main():
    message = Message(1, b"the answer")
    libc.msgsnd(libc.msgget(0x5350, 0o1666), ctypes.byref(message), 64, 0)
    libc.semctl(libc.semget(0x5351, 1, 0o1666), 0, 16, 12345)
    for name in ("data", "scoring/scorer.py", "built/kept"):
        open(name).read()
    for number in range(50):
        with tempfile.NamedTemporaryFile(dir=("." if number % 2 else SHARED)):
            pass
    for _ in range(50):
        if os.fork() == 0:
            os._exit(0)
        os.wait()
    with open("built/kept", "a") as file:
        file.write("the answer")
    os.utime("built/times", (12345, 12345))
    os.chmod("built/mode", 0o600)
    os.unlink("built/gone")
    os.rename("built/name", "built/renamed")
    for folder in (".", os.environ["TMPDIR"], SHARED):
        with open(f"{folder}/answer", "w") as file:
            file.write("the answer")
    subprocess.Popen(["sleep", "300"], start_new_session=True)


main()
