"""`course http`, the client of the lessons, against a small server that says what it was sent."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from course.errors import CourseError, UsageError
from course.learn.http import Request, base_url, send


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got; /login hands out a token, /conflict is taken from the second time on."""

    seen = 0
    senders: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.answer(200)

    def do_POST(self) -> None:
        status = 201
        if self.path == "/conflict":
            type(self).seen += 1
            status = 201 if type(self).seen == 1 else 409
        self.answer(status)

    def answer(self, status: int) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        sent: dict[str, Any] = {"path": self.path, "type": self.headers["Content-Type"], "body": body}
        sent["authorization"] = self.headers["Authorization"]
        self.senders.append(self.headers["Authorization"])
        if self.path == "/login":
            sent = {"access_token": "token-of-" + (json.loads(body)["email"]), "token_type": "bearer"}
        content = b"plain" if self.path == "/plain" else json.dumps(sent).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Location", "/notes/1")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    Echo.seen = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
        thread.start()
        url = f"http://127.0.0.1:{httpd.server_port}"
        monkeypatch.setenv("COURSE_URL", url)
        yield url
        httpd.shutdown()
        thread.join()


def say(*words: str, form: bool = False, **options: Any) -> str:
    return asyncio.run(send(Request.parse(words, form=form), **options))


def echoed(text: str) -> dict[str, Any]:
    return json.loads(text[text.index("{") :])


def test_a_get_prints_status_headers_that_matter_and_the_body():
    printed = say("/health")
    assert printed.startswith('200 OK\nLocation: /notes/1\n{\n  "path": "/health",')


def test_items_make_a_json_body_and_a_post():
    sent = echoed(say("/notes", "title=Milk", "count:=3", "page==2"))
    assert sent["path"] == "/notes?page=2"
    assert sent["type"] == "application/json"
    assert json.loads(sent["body"]) == {"title": "Milk", "count": 3}


def test_a_form_is_sent_as_one():
    sent = echoed(say("POST", "/auth", "username=ana@example.com", "password=a=b", form=True))
    assert sent["type"] == "application/x-www-form-urlencoded"
    assert sent["body"] == "username=ana%40example.com&password=a%3Db"


@pytest.mark.parametrize(
    ("item", "sent"),
    [
        ("title@3=ab", {"title": "ababab"}),
        (r"title=a\u0000b", {"title": "a\0b"}),
        (r"title=\ud800", {"title": "\ud800"}),
        ("title=", {"title": ""}),
        ("title:=null", {"title": None}),
    ],
)
def test_values_that_no_keyboard_has_can_be_sent(item: str, sent: dict[str, object]):
    assert json.loads(echoed(say("/notes", item))["body"]) == sent


def test_a_header_is_sent():
    assert echoed(say("/notes", "Authorization:Basic x"))["authorization"] == "Basic x"


def test_a_token_is_remembered_by_name_and_sent_from_then_on():
    assert echoed(say("/notes"))["authorization"] is None
    say("POST", "/login", "email=ana")
    say("POST", "/login", "email=bob", as_="bob")
    assert echoed(say("/notes"))["authorization"] == "Bearer token-of-ana"
    assert echoed(say("/notes", as_="bob"))["authorization"] == "Bearer token-of-bob"
    assert echoed(say("/notes", as_="nobody"))["authorization"] is None
    assert echoed(say("/notes", token="forged"))["authorization"] == "Bearer forged"


def test_many_at_once_are_counted_by_status():
    assert say("POST", "/conflict", "a=1", times=10) == "1 x 201 Created\n9 x 409 Conflict"


def test_two_that_differ_are_sent_at_the_same_time_and_answered_in_their_order():
    both = say("/notes", "title=Milk", others=[Request.parse(["GET", "/plain"])])
    assert both.startswith("201 Created\n")
    assert both.endswith("200 OK\nLocation: /notes/1\nplain")


def test_time_and_what_went_on_meanwhile_can_be_told():
    lines = say("/health", timed=True, meanwhile="/plain").splitlines()
    assert lines[-2].startswith("(")
    assert lines[-2].endswith(" ms)")
    assert lines[-1].startswith("meanwhile /plain: the slowest of ")


def test_what_is_asked_meanwhile_is_asked_with_the_same_token():
    say("POST", "/login", "email=ana")
    Echo.senders.clear()
    say("/health", meanwhile="/plain")
    assert set(Echo.senders) == {"Bearer token-of-ana"}


def test_what_is_not_json_is_printed_as_it_is():
    assert say("/plain").endswith("\nplain")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["health"], "needs a path that starts with /"),
        (["GET"], "needs a path that starts with /"),
        (["/notes", "title"], "`title` is none of name=text"),
        (["/notes", "count:=many"], "What follows := in `count:=many` is not JSON"),
    ],
)
def test_what_can_not_be_read_is_told(words: list[str], message: str):
    with pytest.raises(UsageError, match=message):
        Request.parse(words)


def test_a_server_that_is_not_there_is_told_with_the_mend(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_URL", "http://127.0.0.1:9")
    with pytest.raises(CourseError, match=r"No server answered at http://127.0.0.1:9/health.*course run"):
        say("/health")


def test_the_server_that_was_started_last_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("COURSE_URL")
    assert base_url() == "http://127.0.0.1:8000"
    (tmp_path / "ports").mkdir()
    (tmp_path / "ports" / "8003.server").touch()
    assert base_url() == "http://127.0.0.1:8003"


def test_half_a_character_is_sent_as_json_and_refused_where_it_can_not_be_written() -> None:
    for words, form in (
        (["/\udcff"], False),
        (["/notes", r"q==\ud800"], False),
        (["/notes", r"X:\ud800"], False),
        (["/a", r"b=\ud800"], True),
    ):
        with pytest.raises(UsageError, match="half a character"):
            Request.parse(words, form=form)
    assert Request.parse(["/notes", r"title=\ud800"]).json == {"title": "\ud800"}
