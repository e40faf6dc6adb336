"""A stand between an app and its database: it counts the statements, and can keep the database away.

It speaks PostgreSQL's protocol as far as it has to: a client's messages are a letter, a length and a body. Q is a
statement as text, P prepares one under a name, B binds a name to values, E executes what was bound.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from course.machine import ports
from course.machine.ladder import plain

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
CHUNK = 65_536
BEAT_SECONDS = 0.02  # several times what it takes until all of them have come
# What a driver says on its own, however many rows there are.
OWN = (
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "SET ",
    "SHOW ",
    "SELECT PG_",
    "SELECT 1",
    "WITH RECURSIVE TYPEINFO",
)


class Between:
    """A server on this machine that passes all on to the database of a URL, once it has begun."""

    def __init__(self, url: str) -> None:
        self._upstream = plain(url)
        self._listener = socket.create_server((ports.HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._away = False
        self._in_step = False
        self._lock = threading.Lock()
        self.was_used = False
        self.statements: list[str] = []  # those that the app has sent, as they came
        self._accepting: threading.Thread | None = None

    def begin(self) -> None:
        """Let those in who wait, and all who come."""
        if self._accepting is None:
            self._accepting = threading.Thread(target=self._accept, daemon=True)
            self._accepting.start()

    @property
    def url(self) -> str:
        """The URL by which an app reaches the database through here."""
        parts = urlsplit(self._upstream)
        who = parts.netloc.rpartition("@")[0]
        return f"postgresql://{who}{'@' if who else ''}{ports.HOST}:{self.port}{parts.path}"

    def go_away(self) -> None:
        """From now on the database is not there, and who was connected is cut off."""
        with self._lock:
            self._away = True
            for pair in self._pairs:
                for each in pair:
                    _cut(each)
            self._pairs.clear()

    def come_back(self) -> None:
        with self._lock:
            self._away = False

    @contextlib.contextmanager
    def in_step(self) -> Iterator[None]:
        """In the block all statements wait for the next beat, and go on together: so those of transactions meet."""
        self._in_step = True
        try:
            yield
        finally:
            self._in_step = False

    def close(self) -> None:
        self.go_away()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(_prompt(client),), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            if self._away:
                _cut(client)
                return
        try:
            server = self._connect()
        except OSError:
            _cut(client)
            return
        with self._lock:
            self._pairs.append((client, server))
        self.was_used = True
        threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()
        with contextlib.suppress(OSError, EOFError):
            self._requests(client, server)
        _cut(client)
        _cut(server)

    def _connect(self) -> socket.socket:
        parts = urlsplit(self._upstream)
        given = parse_qs(parts.query)
        folder = given.get("host", [""])[0]
        port = parts.port or int(given.get("port", ["5432"])[0])
        if folder.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{folder}/.s.PGSQL.{port}")
            return server
        return _prompt(socket.create_connection((parts.hostname or folder or ports.HOST, port), 10))

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        prepared: dict[bytes, str] = {}
        bound: dict[bytes, str] = {}
        while True:  # what comes before the first message with a letter
            head = _exactly(client, 8)
            length, code = struct.unpack("!II", head)
            rest = _exactly(client, length - 8)
            if code in (SSL_REQUEST, GSS_REQUEST):
                client.sendall(b"N")
                continue
            server.sendall(head + rest)
            break
        while True:
            head = _exactly(client, 5)
            letter, (length,) = head[:1], struct.unpack("!I", head[1:])
            body = _exactly(client, length - 4)
            if self._in_step and letter in b"QE":
                time.sleep(BEAT_SECONDS - time.monotonic() % BEAT_SECONDS)
            server.sendall(head + body)
            match letter:
                case b"Q":
                    self._note(body.rstrip(b"\0").decode(errors="replace"))
                case b"P":
                    name, text, *_ = body.split(b"\0")
                    prepared[name] = text.decode(errors="replace")
                case b"B":
                    portal, name, *_ = body.split(b"\0")
                    bound[portal] = prepared.get(name, "")
                case b"E":
                    self._note(bound.get(body.split(b"\0")[0], ""))

    def _note(self, statement: str) -> None:
        text = " ".join(statement.split())
        if text and not text.upper().startswith(OWN):
            self.statements.append(text)


def _prompt(connection: socket.socket) -> socket.socket:
    """Let each message go at once: a system that waits for more adds 40 ms to most statements."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _exactly(source: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = source.recv(min(count, CHUNK))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(CHUNK):
            sink.sendall(part)
    _cut(sink)


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
