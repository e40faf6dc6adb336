"""The parts of a review: how an app is found in a folder, what its document says, and the stand before its database."""

import re
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from small_app import small_app

from course.deploy.review.answers import body_of, row_of, rows_of
from course.deploy.review.asking import Asking, in_octal, is_text
from course.deploy.review.database import Between
from course.deploy.review.document import Document
from course.deploy.review.serving import plan
from course.errors import UsageError

FASTAPI = "from fastapi import FastAPI\n\n{name} = FastAPI()\n"


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "app"),
    [
        ({"main": FASTAPI.format(name="app")}, "main:app"),
        ({"service": FASTAPI.format(name="api")}, "service:api"),
        ({"app__main": "app = create_app(Settings())\n", "other": FASTAPI.format(name="app")}, "app.main:app"),
        ({"tests__app": FASTAPI.format(name="app"), "shelf": FASTAPI.format(name="app")}, "shelf:app"),
    ],
)
def test_the_app_of_a_folder_is_found(tmp_path: Path, files: dict[str, str], app: str) -> None:
    write(tmp_path, **files)
    assert plan(tmp_path).app == app


def test_the_readme_says_which_of_two_apps_it_is(tmp_path: Path) -> None:
    write(tmp_path, one=FASTAPI.format(name="app"), two=FASTAPI.format(name="app"))
    with pytest.raises(UsageError, match=re.escape("could be one:app, two:app: say which in")):
        plan(tmp_path)
    (tmp_path / "README.md").write_text("Start it: `uvicorn two:app --reload`", encoding="utf-8")
    assert plan(tmp_path).app == "two:app"


def test_review_toml_wins(tmp_path: Path) -> None:
    write(tmp_path, main=FASTAPI.format(name="app"))
    told = 'app = "x:y"\nhealth = "/healthz"\n[variables]\ndatabase = "DB_URL"\nsecret = "KEY"\n[set]\nDEBUG = 0\n'
    (tmp_path / "review.toml").write_text(told, encoding="utf-8")
    found = plan(tmp_path)
    assert (found.app, found.database, found.secret, found.variables) == ("x:y", "DB_URL", "KEY", {"DEBUG": "0"})


def test_a_folder_without_an_app_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is in no file"):
        plan(tmp_path)


def test_times_of_many_bodies_are_soon_short_and_do_not_meet() -> None:
    time = {"type": "string", "format": "date-time"}
    schema = {
        "type": "object",
        "properties": {"starts_at": time, "ends_at": time},
        "required": ["starts_at", "ends_at"],
    }
    content = {"application/json": {"schema": schema}}
    [make] = Document({"paths": {"/bookings": {"post": {"requestBody": {"content": content}}}}}).operations
    samples = [make.document.sample(make) for _ in range(300)]
    moments = sorted((each["starts_at"], each["ends_at"]) for each in samples)
    spans = [tuple(map(datetime.fromisoformat, each)) for each in moments]
    assert all(begin < end <= begin + timedelta(hours=1) for begin, end in spans)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))
    assert datetime.now(UTC) < spans[0][0]
    assert spans[-1][1] < datetime.now(UTC) + timedelta(days=60)


@pytest.mark.parametrize("made", ['{"id": 7}', '{"loan": {"id": 7}}', '[{"id": 7}]', '[{"id": 7}, {"id": 8}]'])
def test_the_row_of_an_answer_is_found_wherever_it_stands(made: str) -> None:
    assert row_of(httpx.Response(201, text=made)) == {"id": 7}


@pytest.mark.parametrize("said", ["", "{", '"a"', "[" * 100_000])
def test_an_answer_that_is_no_row_and_no_list_holds_none(said: str) -> None:
    answer = httpx.Response(200, text=said)
    assert (body_of(answer), rows_of(answer), row_of(answer)) == ({}, [], {})


@pytest.mark.parametrize(
    ("paths", "health"),
    [
        ({"/probe/health": {"get": {}}, "/news": {"get": {}}}, "/probe/health"),
        ({"/health/{name}": {"get": {}}}, "/health"),
        ({"/live": {"get": {}}, "/api/healthz": {"get": {}}}, "/live"),
    ],
)
def test_the_health_check_is_found(paths: dict[str, object], health: str) -> None:
    asking = Asking("http://127.0.0.1:1", {}, seconds=1, requests=1)
    asking.document = Document({"paths": paths})
    assert asking.health == health
    asking.told["health"] = "/elsewhere"
    assert asking.health == "/elsewhere"


def test_a_sample_fits_its_schema() -> None:
    document = Document(small_app().openapi())
    register = next(each for each in document.operations if each.path == "/auth/register")
    first, second = document.sample(register), document.sample(register)
    assert re.fullmatch(r"review-\w+@example\.com", first["email"])
    assert first["email"] != second["email"]
    assert 8 <= len(first["password"]) <= 72


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "maximum": 0}, 0),
        ({"enum": ["novel", "poem"]}, "novel"),
        ({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\d+\.\d\d$"}]}, "9.99"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "string", "format": "uuid"}, "3f2b8c1e-5d47-4a0b-9c86-1f0e2d3c4b5a"),
        ({"type": "string", "pattern": "^q{3}$", "examples": ["qqq"]}, "qqq"),
    ],
)
def test_a_value_fits_its_schema(schema: dict[str, object], value: object) -> None:
    assert Document({}).value("field", schema) == value


@pytest.mark.parametrize("content", ['{"a": 1}'.encode("utf-32"), b"50 %\x00'\\n", bytes(range(256))])
def test_bytes_that_are_no_text_are_printed_so_that_a_shell_sends_them_again(content: bytes) -> None:
    assert not is_text(content)
    typed = in_octal(content)
    assert typed.isascii()
    assert not {"'", "%"} & set(typed)
    assert typed.encode().decode("unicode_escape").encode("latin-1") == content


@pytest.fixture
def between() -> Iterator[Between]:
    """In front of a database that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections: list[socket.socket] = []
        is_over = threading.Event()

        def swallow() -> None:
            while not is_over.is_set():
                connections.append(listener.accept()[0])

        taking = threading.Thread(target=swallow)
        taking.start()
        one = Between(f"postgresql://me@127.0.0.1:{listener.getsockname()[1]}/blog")
        one.begin()
        yield one
        one.close()
        is_over.set()
        socket.create_connection(listener.getsockname()).close()  # wakes whoever waits in accept
        taking.join()
        for each in connections:
            each.close()


def message(letter: bytes, body: bytes) -> bytes:
    return letter + struct.pack("!I", len(body) + 4) + body


def test_each_statement_of_a_client_is_counted_and_what_its_driver_says_is_not(between: Between) -> None:
    assert between.url == f"postgresql://me@127.0.0.1:{between.port}/blog"
    with socket.create_connection(("127.0.0.1", between.port)) as client:
        client.sendall(struct.pack("!II", 8, 80877103))  # may we speak TLS?
        assert client.recv(1) == b"N"
        client.sendall(struct.pack("!II", 8, 196608))
        client.sendall(message(b"Q", b"BEGIN;\0") + message(b"Q", b"SELECT 2\0"))
        client.sendall(message(b"P", b"s\0SELECT title\n FROM notes\0\0\0") + message(b"B", b"\0s\0\0\0\0\0\0\0"))
        client.sendall(message(b"E", b"\0\0\0\0\0") * 2)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert between.statements == ["SELECT 2", "SELECT title FROM notes", "SELECT title FROM notes"]


def test_a_database_that_is_away_cuts_everybody_off_until_it_is_back(between: Between) -> None:
    with socket.create_connection(("127.0.0.1", between.port)) as client:
        client.sendall(struct.pack("!II", 8, 80877103))
        assert client.recv(1) == b"N"
        between.go_away()
        assert client.recv(1) == b""
    with socket.create_connection(("127.0.0.1", between.port)) as client:
        assert client.recv(1) == b""
    between.come_back()
    with socket.create_connection(("127.0.0.1", between.port)) as client:
        client.sendall(struct.pack("!II", 8, 80877103))
        assert client.recv(1) == b"N"
