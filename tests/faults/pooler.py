"""PgBouncer in front of a database, in either mode of pooling."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from not_run import not_run

from course.machine import embedded, ports, processes

START_SECONDS = 10
STOP_SECONDS = 5
POLL_SECONDS = 0.05
# As it comes from its makers: nothing is ignored that a client sends when it connects.
CONFIGURATION = """\
[databases]
* = {server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
query_wait_timeout = 20
"""


@contextmanager
def pooled(database_url: str, *, mode: str, size: int) -> Iterator[str]:
    """The URL of the database through a pooler that has so many connections to it. Not run without PgBouncer."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        not_run("there is no PgBouncer", "install the package pgbouncer")
    assert program
    with tempfile.TemporaryDirectory(prefix="course-pooler-") as folder, ports.reserved(ports.FIRST_PORT + 80) as port:
        path = Path(folder) / "pgbouncer.ini"
        path.write_text(
            CONFIGURATION.format(server=_server(database_url), port=port, mode=mode, size=size), encoding="utf-8"
        )
        for each in (path.parent, path):
            each.chmod(0o755)  # it does not run as root, and nothing in there is secret
        log = (Path(folder) / "log").open("wb")
        child = subprocess.Popen(
            [program, str(path)], stdout=log, stderr=subprocess.STDOUT, **processes.apart(), **embedded.system_user()
        )
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/{urlsplit(database_url).path.strip('/')}"
            _wait(port, child, Path(log.name))
            yield url
        finally:
            processes.end(child, grace=STOP_SECONDS)
            log.close()


def _server(database_url: str) -> str:
    """Where the server is, in PgBouncer's words."""
    parts = urlsplit(database_url)
    host = parse_qs(parts.query).get("host", [parts.hostname])[0]
    password = f" password={parts.password}" if parts.password else ""
    return f"host={host} port={parts.port or 5432} user={parts.username}{password}"


def _wait(port: int, child: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until it takes connections."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((ports.HOST, port)).close()
        except OSError:
            if child.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(POLL_SECONDS)
        else:
            return
