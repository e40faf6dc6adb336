"""Known vulnerabilities: the audit tells what a service knows, and never takes silence for good news.

The service is one of this test's own, in the shape of https://google.github.io/osv.dev/post-v1-query/.
"""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from course.machine import ports
from course.machine.sessions import NOX
from course.paths import ROOT

pytestmark = pytest.mark.thorough
ENVIRONMENTS = ROOT / ".nox" / "audited"  # apart from those of `course test`, which runs at the same time
FAULT = {
    "id": "PYSEC-2026-1",
    "summary": "Lets anybody in.",
    "affected": [{"package": {"name": "pyjwt", "ecosystem": "PyPI"}}],
}


@contextmanager
def service(vulnerable: str = "") -> Iterator[str]:
    """The address of a service that knows of a fault in one package."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps({"vulns": [FAULT]} if asked["package"]["name"] == vulnerable else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Nothing: the test tells what matters."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def nox(session: str, address: str, **env: str) -> subprocess.CompletedProcess[str]:
    asked = {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": address}
    return subprocess.run(
        [*NOX, "--envdir", str(ENVIRONMENTS), "--session", session],
        env={**os.environ, **asked, **env},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def test_a_service_that_knows_of_no_fault_is_good_news() -> None:
    with service() as address:
        result = nox("audit", address)
    assert result.returncode == 0, result.stdout
    assert "No vulnerability is known." in result.stdout


def test_a_known_fault_is_named_and_fails() -> None:
    with service(vulnerable="pyjwt") as address:
        result = nox("audit", address)
    assert result.returncode == 1
    assert "pyjwt 2." in result.stdout
    assert "PYSEC-2026-1" in result.stdout


def test_no_answer_fails_too_and_says_why() -> None:
    result = nox("audit", f"http://127.0.0.1:{ports.any_free()}")
    assert result.returncode == 1
    assert "Not looked up: no answer" in result.stdout
    assert "refused" in result.stdout


def test_lint_stops_ci_at_a_known_fault() -> None:
    with service(vulnerable="pyjwt") as address:
        result = nox("lint", address, CI="true")
    assert result.returncode == 1
    assert "PYSEC-2026-1" in result.stdout
    assert "ruff check" not in result.stdout
