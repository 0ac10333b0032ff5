"""Reach the host's listeners, and make every other kind of socket."""

import json
import os
import socket
from contextlib import suppress

at = json.loads(os.environ["TARGETS"])


def tcp():
    socket.create_connection(("127.0.0.1", at["tcp"]), timeout=1).sendall(b"x")


def udp():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", at["udp"]))


def unix_path():
    socket.socket(socket.AF_UNIX).connect(at["unix"])


def abstract():
    socket.socket(socket.AF_UNIX).connect("\0" + at["abstract"])


def mail():
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"x", at["mail"])


def internet_6():
    socket.socket(socket.AF_INET6)


def netlink():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)


def packet():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


def machine():
    socket.socket(socket.AF_VSOCK)


for attempt in (tcp, udp, unix_path, abstract, mail, internet_6, netlink, packet, machine):
    with suppress(Exception):
        attempt()
        print("GOT", attempt.__name__)
