"""`course verify`: it asks over TLS too, tells what stays there, and a learner can read why a promise is broken."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trustme
from conftest import course, read
from served import Served

from course.deploy.verify.asking import checked
from course.deploy.verify.report import lesson, lesson_file
from course.errors import UsageError
from course.machine import ports
from course.paths import ROOT
from course.stages import CAPSTONE


def test_it_asks_over_tls_and_wss_too(migrated: str, tmp_path: Path) -> None:
    authority, certificate = trustme.CA(), tmp_path / "localhost.pem"
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    port = ports.any_free()
    with Served(CAPSTONE, port, migrated) as served:
        served.env["UVICORN_SSL_CERTFILE"] = str(certificate)
        served.start()
        url = f"https://localhost:{port}"
        trusting = {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
        run = course("verify", url, "--only", "live comments", "--json", **trusting)
        untrusted = course("verify", url)
    assert read(run)["broken"] == []
    assert read(run)["kept"] > 5
    assert untrusted.returncode == 1
    assert "certificate" in untrusted.stderr


class KeepsAll(BaseHTTPRequestHandler):
    """Takes whatever is written, and deletes nothing."""

    def do_GET(self) -> None:
        self._answer(200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer(201, location="" if self.path == "/auth/register" else f"{self.path}/1")

    def do_DELETE(self) -> None:
        self._answer(500)

    def _answer(self, status: int, location: str = "") -> None:
        body = b'{"status": "ok", "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmVk", "id": 1}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def keeps_all() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), KeepsAll) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_stays_there_is_told(keeps_all: str) -> None:
    asked = course("verify", keeps_all, "--only", "a new post is a 201", "--json")
    report = read(asked)
    assert asked.returncode == 1
    assert report["accounts"] == 1
    [told] = report["not_deleted"]
    assert re.fullmatch(
        r"Not deleted, and still there: 2, as visitor-\S+ \(answered 500\), /posts/1 \(answered 500\)", told
    )
    assert [each["test"] for each in report["broken"]] == ["test_posts.py::test_a_new_post_is_a_201_with_its_location"]
    shown = course("verify", keeps_all, "--only", "a new post is a 201").stdout
    assert "1 account stays there" in shown
    assert "/posts/1 (answered 500)" in shown
    assert "Broken: A new post is a 201 with its location" in shown
    assert "asked   POST /posts" in shown
    assert "came    201" in shown
    assert re.search("but     .", shown)
    assert re.search(r"lesson  6\.2\.1, in capstone/lesson/6\.2-[\w-]+\.md$", shown, re.MULTILINE)
    assert "1 promise of stage 06" in shown
    assert "eyJ" not in shown, "a token was printed"


def test_an_address_where_nobody_answers_is_said_in_one_sentence() -> None:
    run = course("verify", "http://127.0.0.1:9")
    assert run.returncode == 1
    assert run.stderr.startswith("course: Nobody answers at http://127.0.0.1:9")


@pytest.mark.parametrize("address", ["my-blog.up.railway.app", "https://blog.test/docs", "ftp://blog.test"])
def test_what_is_no_address_of_a_server_is_refused(address: str) -> None:
    with pytest.raises(
        UsageError, match=r"give it as https://my-blog|Give the server's address alone: https://blog\.test$"
    ):
        checked(address)


def test_every_promise_has_a_lesson_that_is_there() -> None:
    files = {path.name: path for path in (ROOT / "tests" / "contract").glob("test_*.py")}
    tests = [
        f"{name}::{test}"
        for name, path in files.items()
        for test in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    ]
    assert len(tests) > 100
    for section in sorted({lesson(test) for test in tests}):
        text = (ROOT / lesson_file(section)).read_text(encoding="utf-8")
        assert re.search(rf"^##? (Step )?{re.escape(section)}[ :]", text, re.MULTILINE), section
