"""`course verify`: a good deployment keeps all, ten broken ones are told apart, and a learner can read why."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import tls
from conftest import Rehearsed, course

from course import postgres
from course.paths import ROOT
from course.stages import CAPSTONE
from course.verifying.report import lesson, lesson_file
from tests.contract.can_fail import BROKEN, Broken

# Each of these breaks one promise and no other of the ten, and needs nothing but the address to be seen.
TEN = (
    "An e-mail is taken in whatever letter case",
    "An unknown field is a 422",
    "Only its author deletes a post",
    "A comment is deleted by its author or the post's",
    "Pages follow each other without a gap",
    "A change of the password ends every token from before",
    "After ten wrong passwords there is a 429",
    "Deleting a post closes with 1000",
    "A page of another site watches nothing",
    "A request id that could do harm is replaced",
)
CHOSEN = [next(each for each in BROKEN if each.stage == "06" and each.promise == promise) for promise in TEN]
ASKED = [option for each in CHOSEN for option in ("--only", each.caught_by.rpartition("::")[2])]
SECRET = "a secret of the broken deployments, 32 bytes or more"
START_SECONDS = 60


def read(run: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """The report of `--json`."""
    assert run.stdout, run.stderr
    return json.loads(run.stdout)


def test_a_good_deployment_keeps_all_and_nothing_is_left_there(rehearsed: Rehearsed) -> None:
    before = httpx.get(f"{rehearsed.url}/posts", params={"limit": 100}).json()
    run = course("verify", rehearsed.url, "--json")
    report = read(run)
    assert report["broken"] == []
    assert run.returncode == 0
    assert report["kept"] == report["promises"] > 100
    assert "A wrong token signed with the secret is a 401" in report["not_asked"]
    assert httpx.get(f"{rehearsed.url}/posts", params={"limit": 100}).json() == before


def test_it_asks_over_tls_and_wss_too(rehearsed: Rehearsed, tmp_path: Path) -> None:
    port = httpx.URL(rehearsed.url).port
    assert port
    with tls.in_front_of(port, tmp_path) as (url, authority):
        run = course("verify", url, "--only", "live comments", "--json", SSL_CERT_FILE=str(authority))
        untrusted = course("verify", url)
    assert read(run)["broken"] == []
    assert read(run)["kept"] > 5
    assert untrusted.returncode == 1
    assert "certificate" in untrusted.stderr


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A migrated database that the broken deployments share: what is broken is never in the tables."""
    given = os.environ["DATABASE_URL"]
    name = f"verify_{os.urandom(4).hex()}_test"
    postgres.create_database(given, name)
    try:
        url = postgres.with_database(given, name)
        command = [sys.executable, "-m", "alembic", "upgrade", "head"]
        subprocess.run(command, cwd=CAPSTONE.folder, env=variables(url), check=True, capture_output=True)
        yield url
    finally:
        postgres.drop_database(given, name)


def variables(database_url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url, "JWT_SECRET": SECRET, "BCRYPT_ROUNDS": "4"}


@contextmanager
def deployed(folder: Path, database_url: str) -> Iterator[str]:
    """The address of a copy of the capstone that is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", CAPSTONE.app, "--port", port, "--timeout-graceful-shutdown", "1"]
    with (
        (folder.parent / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=variables(database_url), stdout=log, stderr=log) as server,
    ):
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answers(port):
                assert server.poll() is None, (folder.parent / "log").read_text(encoding="utf-8")
                assert time.monotonic() < deadline, "the server did not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def answers(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("broken", CHOSEN, ids=lambda broken: broken.promise)
def test_a_broken_deployment_is_told_from_all_others(broken: Broken, database_url: str, tmp_path: Path) -> None:
    broken.copy(CAPSTONE.folder, tmp_path / "stage")
    with deployed(tmp_path / "stage", database_url) as url:
        run = course("verify", url, *ASKED, "--json")
    assert run.returncode == 1, run.stdout + run.stderr
    report = read(run)
    assert report["promises"] == len(TEN)
    assert [each["test"] for each in report["broken"]] == [broken.caught_by]
    [told] = report["broken"]
    assert told["why"]
    assert (ROOT / told["lesson"]["file"]).parent.is_dir()


def test_a_learner_reads_what_was_asked_what_came_and_where_it_is_explained(database_url: str, tmp_path: Path) -> None:
    [broken] = [each for each in CHOSEN if each.promise == "Only its author deletes a post"]
    broken.copy(CAPSTONE.folder, tmp_path / "stage")
    with deployed(tmp_path / "stage", database_url) as url:
        run = course("verify", url, "--only", "only its author deletes a post")
    assert "Broken: Only its author deletes a post" in run.stdout
    assert re.search(r"asked   DELETE /posts/\d+", run.stdout)
    assert "came    204" in run.stdout
    assert re.search(r"lesson  6\.2, in capstone/README\.md", run.stdout)
    assert "1 promises of stage 06" in run.stdout
    assert "eyJ" not in run.stdout, "a token was printed"


def test_an_address_where_nobody_answers_is_said_in_one_sentence() -> None:
    run = course("verify", "http://127.0.0.1:9")
    assert run.returncode == 1
    assert run.stderr.startswith("course: Nobody answers at http://127.0.0.1:9")


@pytest.mark.parametrize("address", ["my-blog.up.railway.app", "https://blog.test/docs", "ftp://blog.test"])
def test_what_is_no_address_of_a_server_is_refused(address: str) -> None:
    assert course("verify", address).returncode == 2


def test_every_promise_has_a_lesson_that_is_there() -> None:
    files = {path.name: path for path in (ROOT / "tests" / "contract").glob("test_*.py")}
    tests = [
        f"{name}::{test}" for name, path in files.items() for test in re.findall(r"def (test_\w+)", path.read_text())
    ]
    assert len(tests) > 100
    for section in {lesson(test) for test in tests}:
        text = ROOT / lesson_file(section)
        assert not text.exists() or f"\n## {section} " in text.read_text(encoding="utf-8")
