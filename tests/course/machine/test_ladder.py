"""Where PostgreSQL comes from: each rung for real, what is refused, and that nothing is left behind."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest
from machine import Home, stop_signals
from not_run import not_run, skip_unless_containers_are_wanted

from course.errors import CourseError, UsageError
from course.machine import container, embedded, ladder

SHOW = (sys.executable, "-c", "import os, json; print(json.dumps(dict(os.environ)))")
WAIT = (sys.executable, "-c", "import os; print('pid', os.getpid(), os.environ['DATABASE_URL'], flush=True); input()")
TEST_DATABASE = re.compile(r"/course_[0-9a-f]{12}_[0-9a-f]{6}_test\b")
NO_ENGINE = "tcp://127.0.0.1:9"  # the port of the discard service: nothing listens there
SLEEP = ["sleep", "600"] if os.name != "nt" else [sys.executable, "-c", "import time; time.sleep(600)"]
THOROUGH = pytest.mark.thorough

# Waits for a signal, as a server or a test run does, and says that it has ended in an orderly way.
UNTIL_SIGNAL = (
    sys.executable,
    "-c",
    "import os, signal, threading\n"
    "end = threading.Event()\n"
    "for name in ('SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'):\n"
    "    if hasattr(signal, name): signal.signal(getattr(signal, name), lambda *_: end.set())\n"
    "print('ready', os.environ['DATABASE_URL'], flush=True)\n"
    "while not end.wait(0.1): pass\n"  # on Windows no signal ends a wait
    "print('ended in order', flush=True)\n"
    "raise SystemExit(7)\n",
)


def databases(url: str) -> set[str]:
    return {row["datname"] for row in ladder.execute(url, "SELECT datname FROM pg_database")}


@pytest.fixture
def docker() -> None:
    """A Docker engine that has the image."""
    skip_unless_containers_are_wanted()
    try:
        container.prepare(ladder.to_stderr)
    except CourseError as error:
        not_run("no container can be started", str(error))


def test_the_embedded_server_gives_a_fresh_database_and_is_gone_at_the_end(home: Home) -> None:
    result = home.execute(*SHOW)
    assert result.returncode == 0, result.stderr
    env = json.loads(result.stdout)
    assert TEST_DATABASE.search(env["DATABASE_URL"])
    assert env["COURSE_POSTGRES"] == "url", "what the command starts must not climb the ladder again"
    assert home.processes() == []


@THOROUGH
def test_a_container_gives_a_fresh_database_and_is_gone_at_the_end(home: Home, docker: None) -> None:
    result = home.execute(*SHOW, COURSE_POSTGRES="container")
    assert result.returncode == 0, result.stderr
    assert TEST_DATABASE.search(json.loads(result.stdout)["DATABASE_URL"])
    ours = {"label": f"{container.HOME_LABEL}={home.folder}"}
    assert container.engine().containers.list(all=True, filters=ours) == []


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        *(pytest.param(*each, marks=THOROUGH) for each in (("embedded", 0), ("url", 0), ("container", 1))),
        ("", 1),
    ],
)
def test_on_ci_a_missing_engine_is_a_failure_unless_another_rung_was_chosen(
    home: Home, chosen: str, expected: int
) -> None:
    it = f"{__file__}::{test_a_container_gives_a_fresh_database_and_is_gone_at_the_end.__name__}"
    surroundings = {"CI": "true", "COURSE_POSTGRES": chosen, "DOCKER_HOST": NO_ENGINE}
    results = [home.run("-q", it, module="pytest", **surroundings)]
    if chosen in ("embedded", ""):  # the same below `course test`, which tells its sessions to take its own server
        results.append(home.execute(sys.executable, "-m", "pytest", "-q", it, **surroundings))
    for result in results:
        assert result.returncode == expected, result.stdout
        assert ("no container is started" in result.stdout) is (expected == 0)


@THOROUGH
def test_a_container_whose_call_was_killed_is_removed_by_the_next(home: Home, docker: None) -> None:
    ours = {"label": f"{container.HOME_LABEL}={home.folder}"}
    with home.call("exec", "--", *UNTIL_SIGNAL, module="course.postgres", COURSE_POSTGRES="container") as call:
        call.until("ready")
        [orphan] = container.engine().containers.list(filters=ours)
        home.kill_all(but_the_server=True)
    assert home.execute(*SHOW, COURSE_POSTGRES="container").returncode == 0
    assert orphan.id not in {each.id for each in container.engine().containers.list(all=True)}


def test_a_given_url_is_passed_on_as_it_is(home: Home) -> None:
    inner = (sys.executable, "-m", "course.postgres", "exec", "--", *SHOW)
    outer_url_then_inner = "import os, subprocess, sys; print(os.environ['DATABASE_URL'], flush=True)"
    script = f"{outer_url_then_inner}; sys.exit(subprocess.run({inner!r}).returncode)"
    result = home.execute(sys.executable, "-c", script)
    assert result.returncode == 0, result.stderr
    given, _, env = result.stdout.partition("\n")
    assert json.loads(env)["DATABASE_URL"] == given


def test_without_an_engine_the_embedded_server_is_used_and_that_is_said(home: Home) -> None:
    result = home.execute(*SHOW, COURSE_POSTGRES="", DOCKER_HOST=NO_ENGINE)
    assert TEST_DATABASE.search(json.loads(result.stdout)["DATABASE_URL"])
    assert re.search(r"No Docker engine answers \([A-Z][^()']+\)", result.stderr), result.stderr
    assert "the embedded PostgreSQL server is used instead" in result.stderr


@THOROUGH
def test_an_image_that_can_not_be_pulled_is_said_and_the_next_rung_taken(
    docker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(container, "IMAGE", "127.0.0.1:9/none:18")
    said: list[str] = []
    assert ladder.first_rung(container=True, say=lambda text: said.append(str(text))) == "embedded"
    assert "can't be pulled" in said[-1]


def test_a_forced_rung_that_is_not_there_is_an_error_and_never_the_next_one(home: Home) -> None:
    result = home.execute(*SHOW, COURSE_POSTGRES="container", DOCKER_HOST=NO_ENGINE)
    assert (result.returncode, result.stdout) == (1, "")
    assert "start Docker" in result.stderr
    result = home.execute(*SHOW, COURSE_POSTGRES="url")
    assert (result.returncode, result.stdout) == (1, "")
    assert "DATABASE_URL is not set" in result.stderr
    nobody = "postgresql://somebody:secret-word@127.0.0.1:9/blog"
    result = home.execute(*SHOW, COURSE_POSTGRES="url", DATABASE_URL=nobody)
    assert (result.returncode, result.stdout) == (1, "")
    assert "can't be reached" in result.stderr
    assert "secret-word" not in result.stderr


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("secret-word", id="no URL"),
        pytest.param("postgresql://ana:secret-word", id="a port that is no number"),
        pytest.param("postgresql://ana:[secret-word]@db/notes", id="brackets"),
        pytest.param("postgresql://ana:secret-word\u2100@db/notes", id="a character that is more than one"),
    ],
)
def test_a_url_that_can_not_be_read_is_told_without_any_part_of_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("COURSE_POSTGRES", "url")
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(CourseError) as caught, ladder.fresh_database():
        pass
    assert "postgresql://USER:PASSWORD@HOST:5432/NAME" in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_a_rung_that_does_not_exist_is_refused(home: Home) -> None:
    result = home.execute(*SHOW, COURSE_POSTGRES="sqlite")
    assert result.returncode == UsageError.exit_code
    assert "COURSE_POSTGRES is 'sqlite'; it may be url, container or embedded" in result.stderr


def test_a_command_that_does_not_exist_is_told_in_one_sentence(home: Home) -> None:
    result = home.execute("no-such-command")
    assert result.returncode == 1
    assert "no-such-command" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", stop_signals(quick="SIGINT"))
def test_a_signal_goes_on_to_the_command_and_then_all_is_cleared_away(home: Home, name: str) -> None:
    with home.call("exec", "--", *UNTIL_SIGNAL, module="course.postgres", COURSE_POSTGRES="embedded") as call:
        call.until("ready")
        assert call.stop(getattr(signal, name)) == 7
    assert "ended in order" in call.output
    assert home.processes() == []


def test_calls_at_once_share_the_server_and_the_last_one_stops_it(home: Home) -> None:
    arguments = ("exec", "--", *UNTIL_SIGNAL)
    with (
        home.call(*arguments, module="course.postgres", COURSE_POSTGRES="embedded") as first,
        home.call(*arguments, module="course.postgres", COURSE_POSTGRES="embedded") as second,
    ):
        urls = [call.until(r"ready (\S+)")[1] for call in (first, second)]
        assert urls[0] != urls[1]
        assert urls[0].partition("?")[2] == urls[1].partition("?")[2], "two servers"
        first.stop(signal.SIGTERM)
        assert not home.is_quiet()
        names = databases(urls[1])
        assert names >= {urls[1].partition("?")[0].rpartition("/")[2]}
        assert urls[0].partition("?")[0].rpartition("/")[2] not in names
        second.stop(signal.SIGTERM)
    assert home.processes() == []


def test_what_a_killed_call_left_is_adopted_cleared_away_and_stopped(home: Home) -> None:
    with home.call("exec", "--", *UNTIL_SIGNAL, module="course.postgres", COURSE_POSTGRES="embedded") as call:
        url = call.until(r"ready (\S+)")[1]
        orphan = url.partition("?")[0].rpartition("/")[2]
        ladder.create_database(url, f"{orphan}_ab12_test")  # as a stage's tests do, beside
        home.kill_all(but_the_server=True)
        call.ended()
    assert not home.is_quiet(), "the server should have outlived its user"
    listing = "SELECT datname FROM pg_database"
    script = (
        f"import os; from course.machine import ladder; print(ladder.execute(os.environ['DATABASE_URL'], {listing!r}))"
    )
    result = home.execute(sys.executable, "-c", script)
    assert result.returncode == 0, result.stderr
    assert orphan not in result.stdout
    assert home.processes() == []


def test_a_crash_that_left_a_process_id_which_another_process_has_now_is_no_obstacle(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home.execute(*SHOW).returncode == 0
    monkeypatch.setenv("COURSE_HOME", str(home.folder))
    other = subprocess.Popen(SLEEP, cwd="/", **embedded.system_user())
    data = home.folder / f"postgres{embedded.MAJOR_VERSION}" / "data"
    lines = [str(other.pid), str(data), "1700000000", "5432", str(data.parent), "", "0 0", "ready"]
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (data.parent / ".s.PGSQL.5432.lock").write_text("\n".join(lines[:5]) + "\n", encoding="utf-8")
    try:
        result = home.execute(*SHOW)
        assert result.returncode == 0, result.stderr
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
    assert home.processes() == []


def test_a_server_whose_folder_may_not_be_seen_is_known_by_its_start(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(process: psutil.Process) -> str:  # as in a container, for root
        raise psutil.AccessDenied(process.pid)

    with home.call("exec", "--", *UNTIL_SIGNAL, module="course.postgres", COURSE_POSTGRES="embedded") as call:
        call.until(r"ready (\S+)")
        monkeypatch.setenv("COURSE_HOME", str(home.folder))
        monkeypatch.setattr(psutil.Process, "cwd", hidden)
        assert embedded.is_running()
        monkeypatch.setattr(psutil.Process, "create_time", lambda _: 0.0)
        assert not embedded.is_running()
        monkeypatch.undo()
        call.stop(signal.SIGTERM)
    assert home.processes() == []


@pytest.mark.parametrize(
    "path", ["d" * 60 + "/" + "e" * 60, pytest.param("my course's 100 % & more é", marks=THOROUGH)]
)
def test_a_deep_folder_or_one_with_an_odd_name_is_no_obstacle(folder: Path, path: str) -> None:
    home = Home(folder / path / "home")
    result = home.execute(*SHOW)
    assert result.returncode == 0, result.stderr
    script = (
        "import os; from course.machine import ladder; print(ladder.execute(os.environ['DATABASE_URL'], 'SELECT 42'))"
    )
    assert "42" in home.execute(sys.executable, "-c", script).stdout
    assert home.processes() == []


def test_a_home_that_is_moved_takes_its_data_along(new_home: Home, folder: Path) -> None:
    assert "once" in new_home.execute(*SHOW).stderr
    moved = Home(new_home.folder.rename(folder / "moved"))
    result = moved.execute(*SHOW)
    assert result.returncode == 0, result.stderr
    assert "once" not in result.stderr, "the data were made anew"


@pytest.mark.parametrize(
    "name", ["blog", "test", "blog_test; DROP DATABASE blog", 'x"_test', "blog_test_", "Blog_test"]
)
def test_tests_touch_no_database_whose_name_does_not_end_in_test(name: str) -> None:
    unreachable = "postgresql://nobody@127.0.0.1:9/none"
    for touch in (ladder.create_database, ladder.drop_database):
        with pytest.raises(CourseError, match="ends in _test"):
            touch(unreachable, name)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me:pw@host:5433/blog", "postgresql://me:pw@host:5433/x_test"),
        ("postgres://me@host/blog?sslmode=require", "postgres://me@host/x_test?sslmode=require"),
        ("postgresql://postgres:@/postgres?host=/run/pg", "postgresql://postgres:@/x_test?host=/run/pg"),
        ("postgresql://host", "postgresql://host/x_test"),
    ],
)
def test_another_database_of_the_same_server(url: str, expected: str) -> None:
    assert ladder.with_database(url, "x_test") == expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:pw@host/blog", "postgresql://me:***@host/blog"),
        ("postgresql://me:p@w/o?d@host/blog", "postgresql://me:***@host/blog"),
        (
            "postgresql://host:5432/blog?user=me&password=pw&ssl=on",
            "postgresql://host:5432/blog?user=me&password=***&ssl=on",
        ),
        ("postgresql://me@host:5432/blog", "postgresql://me@host:5432/blog"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert ladder.without_password(url) == shown


@pytest.mark.parametrize("error", [asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError])
def test_a_server_that_takes_nobody_now_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def connect(*_: object, **__: object) -> None:
        raise error("not now")

    monkeypatch.setattr(asyncpg, "connect", connect)
    with pytest.raises(CourseError, match="can't be reached: not now"):
        ladder.execute("postgresql://me@host/blog", "SELECT 1")


def test_exec_without_a_command_says_how_it_is_used(home: Home) -> None:
    result = home.run("exec", module="course.postgres")
    assert result.returncode == UsageError.exit_code
    assert "exec -- COMMAND" in result.stderr


def test_what_was_made_beside_a_database_is_told_from_what_another_run_made(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_HOME", str(home.folder))
    monkeypatch.setenv("COURSE_POSTGRES", "embedded")
    with ladder.server(container=False) as found, ladder.fresh_database(found) as own, ladder.fresh_database(found):
        given = ladder.Server("url", own, "given")
        with ladder.fresh_database(given) as beside:
            names = [url.partition("?")[0].rpartition("/")[2] for url in (own, beside)]
            assert sorted(ladder.databases_beside(own)) == sorted(names)
