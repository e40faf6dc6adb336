"""PgBouncer in front of a database: it lends each transaction, or each session, one of a few connections."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from course import environment
from course.errors import NotThereError
from course.machine import embedded, ports, processes, readiness

# As its makers ship it: nothing that a client sends when it connects is ignored.
CONFIGURATION = """\
[databases]
* = host={host} port={port} user={user}{password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
query_wait_timeout = 20
"""


def program() -> str:
    """The path of PgBouncer. Raises NotThereError, with what to install."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise NotThereError("There is no PgBouncer on this machine", "install the package pgbouncer")
    return found


@contextmanager
def pooled(database_url: str, *, mode: str = "transaction", size: int = 5) -> Iterator[str]:
    """The URL of the database through a pooler with so many connections to it. Raises NotThereError."""
    path = program()
    server = urlsplit(database_url)
    with tempfile.TemporaryDirectory(prefix="course-pooler-") as folder, ports.reserved(ports.FIRST_PORT + 80) as port:
        file, log = Path(folder) / "pgbouncer.ini", Path(folder) / "log"
        text = CONFIGURATION.format(
            host=parse_qs(server.query).get("host", [server.hostname])[0],
            port=server.port or 5432,
            user=server.username,
            password=f" password={server.password}" if server.password else "",
            listen=port,
            mode=mode,
            size=size,
        )
        file.write_text(text, encoding="utf-8")
        for each in (file.parent, file):
            each.chmod(0o755)  # it refuses to run as root, and the folder goes with it
        with log.open("wb") as output:
            child = subprocess.Popen(
                [path, str(file)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment.child(),
                **processes.apart(),
                **embedded.system_user(),
            )
        try:
            readiness.wait_until(lambda: ports.is_served_by(child.pid, port), child)
            yield f"postgresql://{server.username}:unused@{ports.HOST}:{port}{server.path}"
        finally:
            processes.end(child)
