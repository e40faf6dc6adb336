"""`course run` and `course db`: a stage is served with all that it needs, and nothing is left of it."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil
import pytest
from machine import Call, Home, eventually, stop_signals

from course.demo.articles import read_articles
from course.environment import request
from course.errors import CourseError
from course.machine import ports, processes, server
from course.machine.migrations import jwt_secret
from course.machine.processes import KILL
from course.stages import stage_by_id

SERVED = r"served at (http://127\.0\.0\.1:(\d+))"
THOROUGH = pytest.mark.thorough
QUICK_HASH = {"BCRYPT_ROUNDS": "4"}  # the authors of the demo register: a hash of the usual strength takes 0.2 s


def posts(call: Call) -> list[str]:
    """The titles that a reader of the blog finds."""
    return [item["title"] for item in request("GET", f"{call.until(SERVED)[1]}/posts?limit=100").json()["items"]]


def test_a_run_serves_the_demo_and_a_second_one_shares_the_database_on_the_next_port(home: Home) -> None:
    titles = {article.title for article in read_articles()}
    port = str(ports.any_free())
    with (
        home.call("run", "--port", port, **QUICK_HASH) as first,
        home.call("run", "--port", port, **QUICK_HASH) as second,
    ):
        assert set(posts(first)) == set(posts(second)) == titles
        taken = {call.until(SERVED)[2] for call in (first, second)}
        assert port in taken
        assert len(taken) == 2
        told = first.output + second.output
        assert re.search(rf"Port {port} is taken; this is on port \d+", told)
        assert told.count(f"Wrote {len(titles)} demo articles") <= 1
        assert len({re.search(r"database: (postgres\S+)", call.output)[1] for call in (first, second)}) == 1  # type: ignore[index]
        assert first.stop(signal.SIGINT) in (0, 130)
        assert len(posts(second)) == len(titles), "the first run has taken the server along"
        assert second.stop(signal.SIGINT) in (0, 130)
    assert home.processes() == []
    assert not list((home.folder / "ports").iterdir())


@pytest.mark.parametrize("name", stop_signals(quick="SIGTERM"))
def test_a_run_is_ended_quietly_by_every_signal_that_ends_programs(home: Home, name: str) -> None:
    with home.call("run", "04", "--port", str(ports.any_free())) as call:
        call.until("Ctrl-C ends it")
        shown = call.output
        assert call.stop(getattr(signal, name)) in (0, 130)
    assert call.output == shown
    assert home.processes() == []


@pytest.mark.parametrize(
    "program",  # that the run has just started: makes the data, serves, migrates
    [pytest.param("initdb", marks=THOROUGH), pytest.param("uvicorn", marks=THOROUGH), "alembic"],
)
def test_a_run_that_is_ended_while_it_starts_leaves_nothing(new_home: Home, program: str) -> None:
    with new_home.call("run", "--port", str(ports.any_free())) as call:
        eventually(lambda: any(program in line for line in new_home.processes()), program)
        assert call.stop(signal.SIGINT) == 130
    assert "Traceback" not in call.output
    assert "course:" not in call.output, "the interruption was told as an error"
    assert new_home.processes() == []


@THOROUGH
def test_a_run_that_is_ended_while_it_writes_the_demo_leaves_nothing(new_home: Home) -> None:
    with new_home.call("run", "--port", str(ports.any_free()), **QUICK_HASH) as call:
        address = eventually(lambda: next((new_home.folder / "ports").glob("*.server"), None), "a server")

        def has_posts() -> bool:
            try:
                return bool(request("GET", f"http://127.0.0.1:{address.stem}/posts").json()["items"])
            except (httpx.TransportError, KeyError):  # not up yet, or without its tables
                return False

        eventually(has_posts, "a first article")
        assert call.stop(signal.SIGINT) == 130
    assert "Traceback" not in call.output
    assert new_home.processes() == []


def test_what_a_killed_run_left_is_ended_by_the_next(home: Home) -> None:
    port = str(ports.any_free())
    with home.call("run", "04", "--port", port) as call:
        call.until("Ctrl-C ends it")
        call.stop(KILL)
    assert not home.is_quiet()
    with home.call("run", "04", "--port", port) as call:
        assert call.until(SERVED)[2] == port
        call.stop(signal.SIGINT)
    assert home.processes() == []


def test_a_server_that_is_not_the_courses_own_is_not_taken_for_it(home: Home) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with home.call("run", "04", "--port", str(taken)) as call:
            assert int(call.until(SERVED)[2]) > taken
            assert f"Port {taken} is taken; this is on port " in call.output
            call.stop(signal.SIGINT)


class Stranger(BaseHTTPRequestHandler):
    """A server of somebody else's, which answers whatever is asked."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_that_listens_before_ours_does_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With reload, uvicorn binds the port, says that it runs, and listens only once the app is loaded."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    (tmp_path / "slow.py").write_text(SLOW_APP, encoding="utf-8")
    slow = replace(stage_by_id("04"), path=str(tmp_path), app="slow:app")
    with (
        ports.reserved(ports.any_free()) as port,
        ThreadingHTTPServer((ports.HOST, port), Stranger, bind_and_activate=False) as stranger,
        server.StageServer(slow, port, dict(os.environ)) as served,
    ):
        stranger.server_bind()
        served.start()
        eventually(lambda: b"Uvicorn running on" in b"".join(served._held_back), "uvicorn's word")
        stranger.server_activate()
        threading.Thread(target=stranger.serve_forever).start()
        try:
            with pytest.raises(server.PortTakenError):
                served.wait_until_ready()
        finally:
            stranger.shutdown()


def test_two_clones_reserve_two_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ports.any_free()
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "one"))
    with ports.reserved(wanted) as one:
        monkeypatch.setenv("COURSE_HOME", str(tmp_path / "two"))
        with ports.reserved(wanted) as two:
            assert one == wanted
            assert two > wanted
    assert not ports.shared_lock_file(wanted).exists()


def test_an_app_that_does_not_start_is_told_at_once_and_in_its_own_words(home: Home) -> None:
    result = home.run("run", "04", "--port", str(ports.any_free()), JWT_SECRET="short")
    assert result.returncode == 1
    assert re.search("JWT_SECRET is .* 32", result.stderr)
    assert "Traceback" not in result.stderr


SLOW_APP = """
import time

time.sleep(2)


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})
"""


@pytest.mark.skipif(os.name == "nt", reason="there every environment's Python is a program that starts another")
def test_a_python_that_starts_another_as_on_windows_is_no_app_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    launcher = tmp_path / "python"
    launcher.write_text(f'#!/bin/sh\n"{sys.executable}" "$@"\nexit $?\n', encoding="utf-8")
    launcher.chmod(0o755)
    (tmp_path / "slow.py").write_text(SLOW_APP, encoding="utf-8")
    slow = replace(stage_by_id("04"), path=str(tmp_path), app="slow:app")
    monkeypatch.setattr(sys, "executable", str(launcher))
    with ports.reserved(ports.any_free()) as port, server.StageServer(slow, port, dict(os.environ)) as served:
        served.start()
        served.wait_until_ready()


def test_an_unknown_stage_is_told_with_the_ids_that_there_are(home: Home) -> None:
    result = home.run("run", "99")
    assert result.returncode == 2
    assert "06 (Capstone: the blog)" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_secret_is_made_once_and_is_this_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("JWT_SECRET", raising=False)
    secret = jwt_secret()
    assert len(secret) >= 32
    assert jwt_secret() == secret
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / "jwt-secret").stat().st_mode) == 0o600
    monkeypatch.setenv("JWT_SECRET", "from the environment")
    assert jwt_secret() == "from the environment"


def test_a_note_of_a_process_that_is_another_by_now_ends_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    note = ports.lock_file(8000).with_suffix(".server")
    note.parent.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        note.write_text(f"{other.pid} 1700000000.0 06", encoding="utf-8")
        server.end_orphans()
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.5)
        other.kill()
    assert not note.exists()


def test_a_child_that_has_ended_meanwhile_saves_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    note = ports.lock_file(8000).with_suffix(".server")
    note.parent.mkdir()
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        gone = psutil.Process(child.pid)
    monkeypatch.setattr(psutil.Process, "children", lambda *_, **__: [gone])
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as orphan:
        note.write_text(f"{orphan.pid} {psutil.Process(orphan.pid).create_time()} 06", encoding="utf-8")
        server.end_orphans()
        try:
            orphan.wait(30)
        finally:
            orphan.kill()


def test_no_free_port_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(CourseError, match="another --port"), ports.reserved(65530):
        pass


def test_a_port_that_is_taken_at_the_last_moment_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind((ports.HOST, 0))
        other.listen()
        with pytest.raises(SystemExit), processes.as_program():
            ThreadingHTTPServer(other.getsockname(), Stranger)  # as the lessons' site makes it
    assert capsys.readouterr().err == "course: Another program has taken the port at this moment: call again.\n"


def test_the_databases_url_stands_alone_on_stdout_and_works_while_a_run_keeps_the_server_up(home: Home) -> None:
    with home.call("run", "04", "--port", str(ports.any_free())) as call:
        told = call.until(r"database: (postgres\S+)")[1]
        call.until("Ctrl-C ends it")
        result = home.run("db", "url", "04")
        assert (result.returncode, result.stdout) == (0, f"{told}\n")
        counted = home.run("db", "shell", "04", stdin="SELECT count(*) + 42 FROM notes;\n")
        assert counted.returncode == 0
        assert "42" in counted.stdout
        refused = home.run("db", "reset", "04", "--yes")
        assert refused.returncode == 1
        assert f"in use at {call.until(SERVED)[1]}" in refused.stderr
        call.stop(signal.SIGINT)
    idle = home.run("db", "url", "04")
    assert idle.stdout == f"{told}\n"
    assert "course run" in idle.stderr, "it should say that nothing keeps the server up"


def test_a_reset_asks_first_and_drops_the_rows(home: Home) -> None:
    there = "SELECT 'there' FROM pg_tables WHERE tablename = 'mine';\n"
    with home.server():
        assert home.run("db", "shell", stdin="CREATE TABLE mine (id int);\n").returncode == 0
        asked = home.run("db", "reset")
        assert asked.returncode == 1
        assert "--yes" in asked.stderr
        assert "there" in home.run("db", "shell", stdin=there).stdout
        assert home.run("db", "reset", "--yes").returncode == 0
        assert "there" not in home.run("db", "shell", stdin=there).stdout


def test_a_database_that_the_course_did_not_make_is_never_reset(home: Home) -> None:
    result = home.execute(sys.executable, "-m", "course", "db", "reset", "--yes")
    assert result.returncode == 1
    assert "did not make" in result.stderr
