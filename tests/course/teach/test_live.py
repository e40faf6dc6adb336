"""What the notebooks stand on: a stage that is really served, and nothing that stays when the notebook is gone."""

import asyncio
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx
import jwt
import pytest
from machine import Home, eventually, start

from course.environment import request
from course.machine.processes import KILL
from course.paths import ROOT
from course.teach import Rows, in_turn, percentile, probing, show

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
    """The databases for tests on the home's own server, this call's own left out."""
    program = """
import json, os
from course.machine import ladder
query = "SELECT datname FROM pg_database WHERE datname LIKE '%test' AND datname <> current_database()"
print(json.dumps([row[0] for row in ladder.execute(os.environ["DATABASE_URL"], query)]))
"""
    result = home.execute(sys.executable, "-c", program)
    assert result.returncode == 0, result.stderr
    return list(json.loads(result.stdout))


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


THOROUGH = pytest.mark.thorough
SERVES_AND_WAITS = """
    app = await stage("04")
    print("up", app.url, os.path.dirname(app._output), flush=True)
    await asyncio.sleep(60)
"""


@pytest.mark.parametrize(
    "signum", [*(pytest.param(each, marks=THOROUGH) for each in (signal.SIGINT, signal.SIGTERM)), KILL]
)
def test_whatever_ends_the_kernel_ends_all_that_it_started(home: Home, signum: int) -> None:
    with start(notebook(SERVES_AND_WAITS), cwd=ROOT, env=home.env(COURSE_POSTGRES="embedded")) as call:
        url, scratch = call.until(r"up (\S+) (\S+)").groups()
        assert request("GET", f"{url}/health").json() == {"ok": True}
        call.stop(signum)
    eventually(home.is_quiet, "its processes are gone", seconds=15)
    assert not Path(scratch).exists()
    assert databases(home) == []


@THOROUGH
def test_a_kernel_that_is_killed_while_a_stage_starts_leaves_nothing(home: Home) -> None:
    with start(notebook(SERVES_AND_WAITS), cwd=ROOT, env=home.env(COURSE_POSTGRES="embedded")) as call:
        eventually(
            lambda: any("course.teach.stage_supervisor" in line for line in home.processes()),
            "the supervisor has begun",
        )
        call.stop(KILL)
    eventually(home.is_quiet, "its processes are gone", seconds=20)
    assert databases(home) == []


@THOROUGH
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


def test_the_percentile_is_one_of_the_values() -> None:
    assert [percentile([5, 1, 3, 2, 4], each) for each in (0, 20, 50, 99, 100)] == [1, 1, 3, 5, 5]


def test_a_probe_goes_on_asking_while_an_answer_is_late() -> None:
    late = asyncio.Event

    async def main() -> list[float]:
        answer = late()

        async def ask() -> None:
            await answer.wait()

        async with probing(ask, every=0.01, before=0, after=0) as samples:
            await asyncio.sleep(0.2)
            answer.set()
        return [sample.ms for sample in samples]

    waited = asyncio.run(main())
    assert len(waited) > 5
    assert max(waited) > 150
    assert waited[0] > waited[-1], "each is counted from the moment when it was asked for"


def test_a_failed_answer_is_not_passed_over() -> None:
    async def ask() -> None:
        raise ConnectionError("refused")

    async def main() -> None:
        async with probing(ask, every=0.01, before=0.02, after=0):
            pass

    with pytest.raises(ConnectionError, match="refused"):
        asyncio.run(main())
    with pytest.raises(ConnectionError, match="refused"):
        asyncio.run(in_turn(ask, 3))


def test_rows_are_a_table_in_a_notebook_and_escaped() -> None:
    rows = Rows([{"title": "<b>", "content": None}])
    assert rows[0]["title"] == "<b>"
    assert "<td>&lt;b&gt;</td><td>NULL</td>" in rows._repr_html_()
    assert repr(rows) == "title  content\n<b>    NULL"
    assert (repr(Rows()), Rows()._repr_html_()) == ("no rows", "<em>no rows</em>")


def test_an_answer_without_a_body_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(httpx.Response(204, request=httpx.Request("DELETE", "http://x/notes/1?a=b")))
    assert capsys.readouterr().out == "DELETE /notes/1?a=b\n\n204 No Content\n\n"


def test_a_token_is_cut_where_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    token = jwt.encode({"sub": "1"}, "k" * 32)
    show(httpx.Response(200, json={"access_token": token}, request=httpx.Request("POST", "http://x/auth/login")))
    said = capsys.readouterr().out
    assert token[:12] in said
    assert not any(part in said for part in token.split(".")[1:])
