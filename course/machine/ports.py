"""The port that a server of the course listens on."""

import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


def shared_lock_file(port: int) -> Path:
    """The file that keeps the port from this user's other clones of the course, each of which has a home of its own."""
    user = os.getuid() if hasattr(os, "getuid") else "user"  # Windows: each user has a folder for such files
    return Path(tempfile.gettempdir()) / f"course-{user}-port-{port}.lock"


@contextmanager
def reserved(wanted: int) -> Iterator[int]:
    """The first free port from `wanted` on, kept from other runs of the course for the length of the block."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with _locked(shared_lock_file(port)) as ours:
            if not ours:  # and hands off the other one, which whoever has this takes next
                continue
            with _locked(lock_file(port)) as mine:
                if mine and is_free(port):
                    yield port
                    return
    raise CourseError(f"No port from {wanted} on is free: end a server that you don't need, or give another --port.")


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Hold the lock on a file for the length of the block, unless another process has it; says which."""
    lock = locks.try_acquire(path)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            locks.remove(lock)


def is_served_by(pid: int, port: int) -> bool:
    """Does a process, or one that it has started, listen on the port? Another program's server may answer there."""
    import psutil

    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                listening = (one for one in each.net_connections("tcp") if one.status == psutil.CONN_LISTEN)
                if any(one.laddr.port == port for one in listening):
                    return True
    return False


def any_free() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_listened_on(port: int) -> bool:
    """Does a server listen on the port? Raises CourseError if this machine does not reach its own address."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        answer = probe.connect_ex((HOST, port))
    if answer in NO_LOOPBACK:
        raise CourseError(
            f"This machine does not reach its own address {HOST} ({os.strerror(answer)}): switch its loopback "
            "interface on (on Linux: sudo ip link set lo up)."
        )
    return answer == 0


def is_free(port: int) -> bool:
    """Can a server listen on the port, and does none that listens on all addresses have it?

    Raises CourseError if this machine does not reach its own address, or this user may not listen there.
    """
    if is_listened_on(port):
        return False
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
