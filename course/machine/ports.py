"""The port that a server of the course listens on."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course.errors import CourseError
from course.machine import locks
from course.paths import home

HOST = "127.0.0.1"
FIRST_PORT = 8000
LAB_PORT = 8888  # Jupyter's usual one
SITE_PORT = 8080  # the lessons, beside a stage that is served
PORTS_TRIED = 100
NO_LOOPBACK = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}


def lock_file(port: int) -> Path:
    """The file that a run has locked as long as it serves on the port."""
    return home() / "ports" / str(port)


@contextmanager
def reserved(wanted: int) -> Iterator[int]:
    """The first free port from `wanted` on, kept from other runs of the course for the length of the block."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        lock = locks.try_acquire(lock_file(port))
        if lock is None:
            continue
        try:
            if is_free(port):
                yield port
                return
        finally:
            locks.remove(lock)
    raise CourseError(f"No port from {wanted} on is free: end a server that you don't need, or give another --port.")


def any_free() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Can a server listen on the port, and does none that listens on all addresses have it?

    Raises CourseError if this machine does not reach its own address, or this user may not listen there.
    """
    with socket.socket() as probe:
        probe.settimeout(0.5)
        answer = probe.connect_ex((HOST, port))
        if answer == 0:
            return False
        if answer in NO_LOOPBACK:
            raise CourseError(
                f"This machine does not reach its own address {HOST} ({os.strerror(answer)}): switch its loopback "
                "interface on (on Linux: sudo ip link set lo up)."
            )
    with socket.socket() as probe:
        if os.name != "nt":  # where it would allow two servers on one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            raise CourseError(f"This user may not listen on port {port}: give a --port of 1024 or more.") from error
        except OSError:
            return False
    return True
