"""What the notebooks stand on: a stage that is really served, and nothing that stays when the notebook is gone."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from unittest.mock import patch

import pytest
from machine import Home, eventually, start

from course.environment import request
from course.machine import ladder
from course.machine.processes import KILL
from course.paths import ROOT

pytestmark = pytest.mark.thorough


def notebook(code: str) -> list[str]:
    """A program that does what a notebook does: top-level await, in one event loop."""
    body = textwrap.indent(textwrap.dedent(code), "    ")
    head = "import asyncio, json, signal, sys, os\nfrom course.teach import *\nfrom course.errors import CourseError\n"
    return [sys.executable, "-c", f"{head}async def cells():\n{body}\nasyncio.run(cells())"]


def run(home: Home, code: str, **extra: str) -> "subprocess.CompletedProcess[str]":
    env = home.env(COURSE_POSTGRES="embedded") | extra
    result = subprocess.run(
        notebook(code), cwd=ROOT, env=env, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    return result


def databases(home: Home) -> list[str]:
    """The databases for tests on the home's own server."""
    query = "SELECT datname FROM pg_database WHERE datname LIKE '%test'"
    with patch.dict(os.environ, COURSE_HOME=str(home.folder), COURSE_POSTGRES="embedded"), ladder.server() as on:
        return [row["datname"] for row in ladder.execute(on.url, query)]


def test_a_stage_is_served_shown_and_gone(home: Home) -> None:
    result = run(
        home,
        """
        app = await stage("05a", statements=True, BCRYPT_ROUNDS=4)
        ana = await app.register("ana@example.com")
        with app.statements() as statements:
            show(await app.client.post("/notes", json={"title": "a", "content": "b"}, headers=ana))
        print(await app.rows("SELECT title, content FROM notes WHERE id = $1", 1))
        print(*statements, sep="\\n")
        print((await app.login("ana@example.com")).status_code, (await app.rows("SELECT hashed_password FROM users")))
        await app.close()
        await app.close()
        print(app)
        """,
    )
    said = result.stdout
    assert 'POST /notes\n{"title":"a","content":"b"}\n\n201 Created\nLocation: /notes/1\n' in said
    assert "title  content\na      b\n" in said
    assert said.count("INSERT INTO notes") == 1
    assert "$2b$04$" in said, "the setting has not reached the server"
    assert "(ended)" in said
    assert home.processes() == []
    assert databases(home) == []


def test_a_bug_is_put_into_a_copy_and_the_right_stage_runs_beside_it(home: Home) -> None:
    result = run(
        home,
        """
        right, naive = await asyncio.gather(
            stage("04", BCRYPT_ROUNDS=4), stage("04", bug="letter-case", BCRYPT_ROUNDS=4)
        )
        for app in (right, naive):
            user = {"email": "ana@example.com", "password": PASSWORD}
            capitals = {"email": "ANA@example.com", "password": PASSWORD}
            print([(await app.client.post("/auth/register", json=each)).status_code for each in (user, capitals)])
        print(naive)
        """,
    )
    assert "[201, 409]\n[201, 201]\nstage 04 with letter-case, at http" in result.stdout
    assert home.processes() == [], "the end of the kernel has ended neither"


def test_a_cell_that_is_run_again_ends_what_it_started_before(home: Home) -> None:
    result = run(
        home,
        """
        first = await stage("05b")
        second = await stage("05b", workers=2)
        other = await stage("05b", name="other")
        print(first.is_up, second.is_up, other.is_up)
        print(len({each.database_url for each in (first, second, other)}))
        print(second.output().count("Application startup complete"))
        replica = await stage("05b", name="replica", DATABASE_URL=other.database_url, JWT_SECRET=other.jwt_secret)
        print(replica.database_url == other.database_url, replica.jwt_secret == other.jwt_secret)
        """,
    )
    assert result.stdout == "False True True\n3\n2\nTrue True\n"


SERVES_AND_WAITS = """
    app = await stage("04")
    print("up", app.url, os.path.dirname(app._output), flush=True)
    await asyncio.sleep(60)
"""


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, KILL])
def test_whatever_ends_the_kernel_ends_all_that_it_started(home: Home, signum: int) -> None:
    with start(notebook(SERVES_AND_WAITS), cwd=ROOT, env=home.env(COURSE_POSTGRES="embedded")) as call:
        url, scratch = call.until(r"up (\S+) (\S+)").groups()
        assert request("GET", f"{url}/health").json() == {"ok": True}
        call.stop(signum)
    eventually(home.is_quiet, "its processes are gone", seconds=15)
    assert not Path(scratch).exists()
    assert databases(home) == []


def test_a_kernel_that_is_killed_while_a_stage_starts_leaves_nothing(home: Home) -> None:
    with start(notebook(SERVES_AND_WAITS), cwd=ROOT, env=home.env(COURSE_POSTGRES="embedded")) as call:
        eventually(
            lambda: any("course.teach.stage_supervisor" in line for line in home.processes()),
            "the supervisor has begun",
        )
        call.stop(KILL)
    eventually(home.is_quiet, "its processes are gone", seconds=20)
    assert databases(home) == []


def test_the_server_of_a_supervisor_that_was_killed_is_ended_by_the_next_one(home: Home) -> None:
    result = run(
        home,
        """
        import psutil
        app = await stage("04")
        app._supervisor._process.kill()
        app._supervisor._process.wait()
        print((await app.client.get("/health")).json(), os.path.exists(app._output))
        second = await stage("04", name="second")
        try:
            await app.client.get("/health")
        except Exception as error:
            print(type(error).__name__, os.path.exists(os.path.dirname(app._output)))
        """,
    )
    assert result.stdout.startswith("{'ok': True} True\n")
    assert "Error False" in result.stdout
    assert databases(home) == []


def test_its_database_is_made_beside_the_one_that_is_given_and_goes(home: Home) -> None:
    program = notebook(
        """
        from course.machine import ladder

        async def names():
            query = "SELECT datname FROM pg_database WHERE datname LIKE '%test' ORDER BY length(datname)"
            return [row[0] for row in await asyncio.to_thread(ladder.execute, os.environ["DATABASE_URL"], query)]

        app = await stage("04")
        print(json.dumps([app.database_url, await names()]))
        await app.close()
        print(json.dumps(await names()))
        """
    )
    result = home.execute(*program)
    assert result.returncode == 0, result.stderr
    url, [given, own] = json.loads(result.stdout.splitlines()[0])
    assert f"/{own}?" in url
    assert own.startswith(f"{given}_")
    assert json.loads(result.stdout.splitlines()[1]) == [given]


def test_what_cant_be_served_is_told_in_one_sentence(home: Home) -> None:
    result = run(
        home,
        """
        for wish in ({"bug": "no-such-bug"}, {"bcrypt_rounds": 4}, {"BCRYPT_ROUNDS": 99}):
            try:
                await stage("04", **wish)
            except CourseError as error:
                print(error)
        try:
            await stage("07")
        except CourseError as error:
            print(error)
        """,
    )
    assert "There is no bug no-such-bug; there are: registration-race" in result.stdout
    assert "a setting is written as its variable: BCRYPT_ROUNDS=..." in result.stdout
    assert "BCRYPT_ROUNDS: Input should be less than or equal to 16" in result.stdout
    assert "There is no stage '07'" in result.stdout
    assert "Traceback" not in result.stdout
