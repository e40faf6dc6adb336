"""The ladder's second rung: a throw-away PostgreSQL container, where a Docker engine answers."""

import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from course.errors import CourseError, NotThereError
from course.machine import locks, processes
from course.paths import home

IMAGE = "postgres:18"
OWNER_LABEL = "course.owner"  # the name of a file that the container's owner has locked for as long as it lives
HOME_LABEL = "course.home"
ANSWER_SECONDS = 5
PULL_SECONDS = 120  # without a sign of life
FIX = "start Docker, or leave COURSE_POSTGRES unset to use the embedded server"
PULL_FIX = f"run `docker pull {IMAGE}` where the network allows it, or leave COURSE_POSTGRES unset"

# No test needs its rows after a power cut, and several sessions' tests have their connections on one server.
FAST = ["postgres", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
FAST += ["-c", "max_connections=300"]
# The cost of a password's hash protects one that a person chose (RFC 5802, section 5.1). This one is random.
FAST += ["-c", "scram_iterations=1"]
# Tests make and drop databases, and each is some 300 files: on a disk (ext4) that takes seven times as long.
IN_MEMORY = "/dev/shm/postgres"  # noqa: S108 - the container's own
MEMORY_MAX = "4g"
FAST_IN_MEMORY = [*FAST, "-c", "max_wal_size=256MB"]


def engine(timeout: int = ANSWER_SECONDS) -> Any:
    """A client of the Docker engine. Raises NotThereError if none answers."""
    # Read when testcontainers is imported. Its reaper is an image of its own, that would have to be pulled too:
    # what a killed call leaves is removed by the next one (`_remove_ownerless`).
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    os.environ.setdefault("TC_POOLING_INTERVAL", "0.1")  # seconds
    os.environ.setdefault("TC_MAX_TRIES", "600")
    logging.getLogger("testcontainers").setLevel(logging.WARNING)
    import docker.errors
    import requests.exceptions
    from testcontainers.core.docker_client import DockerClient

    try:
        client = DockerClient(timeout=timeout).client
        client.ping()
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError, ValueError) as error:
        raise NotThereError(f"No Docker engine answers ({_short(error)})", FIX) from error
    return client


def has_image(client: Any) -> bool:
    import docker.errors

    try:
        client.images.get(IMAGE)
    except docker.errors.ImageNotFound:
        return False
    return True


def prepare(say: Callable[[str], object]) -> None:
    """See to it that an engine answers and has the image. Raises NotThereError otherwise."""
    import docker.errors
    import requests.exceptions

    client = engine()
    if has_image(client):
        return
    say(f"Pulling the image {IMAGE} (once) ...")
    try:
        engine(PULL_SECONDS).images.pull(IMAGE)
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise NotThereError(f"The image {IMAGE} can't be pulled ({_short(error)})", PULL_FIX) from error


@contextmanager
def running(say: Callable[[str], object], *, port: int | None = None) -> Iterator[tuple[str, str]]:
    """Run a container for the length of the block: its database's URL, and a name for what is made there.

    With `port` it may be stopped and started again, on that port and with its data; otherwise these are in memory, and
    Docker chooses the port. Raises CourseError if it can't be started.
    """
    prepare(say)
    import docker.errors
    from testcontainers.community.postgres import PostgresContainer

    owner = secrets.token_hex(6)
    lock = locks.try_acquire(_owners() / owner)
    assert lock
    password = secrets.token_hex(8)
    container = PostgresContainer(IMAGE, username="postgres", password=password, dbname="postgres", driver=None)
    container.with_bind_ports(5432, port).with_env("POSTGRES_INITDB_ARGS", "--no-sync")
    labels = {OWNER_LABEL: owner, HOME_LABEL: str(home())}
    if port is None:
        container.with_command(FAST_IN_MEMORY).with_env("PGDATA", IN_MEMORY)
        container.with_kwargs(labels=labels, shm_size=MEMORY_MAX)
    else:
        container.with_command(FAST).with_kwargs(labels=labels)
    try:
        _remove_ownerless()
        try:
            container.start()
            hashed_anew = f"ALTER ROLE postgres PASSWORD '{password}'"
            container.exec(["psql", "-h", "/var/run/postgresql", "-U", "postgres", "-c", hashed_anew])
            url = container.get_connection_url()
        except (docker.errors.DockerException, TimeoutError, ConnectionError) as error:
            raise CourseError(f"A container of {IMAGE} did not start ({_short(error)}): {FIX}.") from error
        yield url, owner
    finally:
        with processes.shielded():
            container.stop()
            locks.remove(lock)


def owned_by(owner: str) -> Any:
    """The container that runs under this name, as docker's own client sees it."""
    [container] = engine().containers.list(all=True, filters={"label": f"{OWNER_LABEL}={owner}"})
    return container


def _owners() -> Path:
    return home() / "containers"


def _remove_ownerless() -> None:
    """Remove the containers of calls that were killed."""
    for container in engine().containers.list(all=True, filters={"label": f"{HOME_LABEL}={home()}"}):
        if lock := locks.try_acquire(_owners() / container.labels[OWNER_LABEL]):
            container.remove(force=True, v=True)
            locks.remove(lock)


def _short(error: BaseException) -> str:
    """The gist of an error that wraps others: what the system said, or else the last clause of its first line."""
    if message := _system_message(error):
        return message
    return str(error).splitlines()[0].rpartition(": ")[2].strip("()'\" ") if str(error) else type(error).__name__


def _system_message(error: object) -> str | None:
    """The text of the OSError that other errors wrap: as their cause, or among their arguments."""
    if not isinstance(error, BaseException):
        return None
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    inner = (error.__cause__, *(part for each in error.args for part in (each if isinstance(each, tuple) else (each,))))
    return next(filter(None, map(_system_message, inner)), None)
