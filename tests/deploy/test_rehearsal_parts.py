"""The rehearsal's parts, each where it differs from what one would write without a host in mind."""

import asyncio
import itertools
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import course

from course.deploy.rehearsal import host, programs, versions
from course.deploy.rehearsal.faults import FAULTS
from course.deploy.rehearsal.host import Attempt, DeployFailed, Host, has_ipv6
from course.deploy.rehearsal.load import Members
from course.deploy.rehearsal.plan import Plan
from course.deploy.rehearsal.proxy import Proxy
from course.deploy.rehearsal.show import Show
from course.deploy.rehearsal.unnoticed import UNNOTICED
from course.deploy.rehearsal.versions import Version
from course.deploy.rehearsal.wire import Gone, read_message
from course.environment import async_http
from course.errors import CourseError
from course.machine import processes
from course.machine.migrations import VERSIONS
from course.paths import ROOT

SAYS_ITS_NAME = """import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = os.environ["NAME"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(name)))
        self.end_headers()
        self.wfile.write(name)

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
MIGRATION = 'revision = "{}"\ndown_revision = {}\n'


def test_the_plan_is_what_deployment_toml_says_and_needs_no_file_of_a_host(tmp_path: Path) -> None:
    (tmp_path / "deployment.toml").write_text('start = "x"\nhealth_path = "/h"\n', encoding="utf-8")
    plan = Plan.read(tmp_path)
    assert plan == Plan(
        pre_deploy="",
        start="x",
        health_path="/h",
        health_seconds=300,
        overlap_seconds=0,
        draining_seconds=0,
        app_folder=".",
        public="blog",
    )
    assert Plan.read(ROOT).pre_deploy == "cd capstone && alembic upgrade head"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('health_path = "/h"', "deployment.toml has no start: add the command that starts the server."),
        ('start = "x"\nhealth_path = ""', "deployment.toml has no health_path: add the path that answers"),
        ('start = "x"\nhealth_path = "/h"\nhealth_seconds = "60"', "health_seconds as '60': write a whole number."),
        ('start = "x"\nhealth_path = "/h"\nwatch_paths = "/app"', "watch_paths as '/app': write a list."),
        ('startCommand = "x"', "deployment.toml has an unknown field 'startCommand': take it out, or write one of"),
        ('public = "nobody"', "deployment.toml gives public as 'nobody': write one of blog, members."),
        ("start = x", "deployment.toml can't be read: Invalid value (at line 1, column 9). Write it as TOML"),
    ],
)
def test_a_plan_that_cannot_be_played_is_refused_by_the_fields_name(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "deployment.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=re.escape(told)):
        Plan.read(tmp_path)


def test_a_commit_without_a_plan_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"no deployment\.toml in its root: write it and commit it"):
        Plan.read(tmp_path)


def test_pip_sees_only_the_files_that_the_host_has_copied_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    (tree / "capstone").mkdir(parents=True)
    for name in ("requirements.txt", "pyproject.toml", "constraints.txt", "README.md"):
        (tree / name).write_text(f"# {name}\n", encoding="utf-8")
    seen: list[list[str]] = []

    async def install(layer: Path, *_: object) -> None:
        seen.append(sorted(each.name for each in layer.iterdir()))  # noqa: ASYNC240 (a folder of two files)

    monkeypatch.setattr(versions, "_install", install)
    _, cached = asyncio.run(versions.build(tree, tmp_path / "layers", print))
    assert seen == [["pyproject.toml", "requirements.txt"]]
    assert not cached
    _, cached = asyncio.run(versions.build(tree, tmp_path / "layers", print))
    assert cached
    (tree / "requirements.txt").write_text("# changed\n", encoding="utf-8")
    _, cached = asyncio.run(versions.build(tree, tmp_path / "layers", print))
    assert not cached


def test_a_build_that_failed_leaves_no_layer_for_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise CourseError("no such package")

    monkeypatch.setattr(versions, "_install", fail)
    (tmp_path / "requirements.txt").touch()
    for _ in range(2):
        with pytest.raises(CourseError, match="no such package"):
            asyncio.run(versions.build(tmp_path, tmp_path / "layers", print))


def test_the_newest_migration_is_the_one_that_no_other_builds_on(tmp_path: Path) -> None:
    folder = tmp_path / VERSIONS
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "0001_users.py").write_text(MIGRATION.format("0001", None), encoding="utf-8")
    (folder / "a_later_one.py").write_text(MIGRATION.format("0002", '"0001"'), encoding="utf-8")
    assert versions.newest_migration(tmp_path) == (folder / "a_later_one.py", "0002")
    (folder / "another.py").write_text(MIGRATION.format("0003", '"0001"'), encoding="utf-8")
    with pytest.raises(CourseError, match="2 newest migrations"):
        versions.newest_migration(tmp_path)
    (folder / "both.py").write_text(MIGRATION.format("0004", '("0002", "0003")'), encoding="utf-8")
    assert versions.newest_migration(tmp_path) == (folder / "both.py", "0004")
    both = 'revision: str = "0004"\ndown_revision: tuple[str, ...] = (\n    "0002",\n    "0003",\n)\n'
    (folder / "both.py").write_text(both, encoding="utf-8")
    assert versions.newest_migration(tmp_path) == (folder / "both.py", "0004")


def test_a_version_finds_no_program_of_an_environment_that_is_active_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    active = tmp_path / "venv" / "bin"
    active.mkdir(parents=True)
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    monkeypatch.setenv("PATH", str(active), prepend=os.pathsep)
    monkeypatch.setenv("SOMETHING_OF_MINE", "1")
    env = programs.environment(tmp_path / "programs", {"PORT": "1"})
    assert env["PATH"].startswith(str(tmp_path / "programs"))
    assert str(active) not in env["PATH"]
    assert "SOMETHING_OF_MINE" not in env
    assert env["PORT"] == "1"


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 to try")
@pytest.mark.parametrize(("address", "problems"), [("::", 0), ("127.0.0.1", 1)])
def test_a_version_that_answers_on_ipv4_alone_is_a_problem(tmp_path: Path, address: str, problems: int) -> None:
    version = Version("HEAD", "0123abc", tmp_path, Path(sys.executable).parent, cached=False)
    start = f"exec python -m http.server $PORT --bind {address}"
    plan = Plan(start=start, health_path="/", health_seconds=20)
    show = Show()

    async def deploy() -> None:
        async with Proxy() as proxy, Host(proxy, show, tmp_path / "logs") as host:
            await host.deploy(Attempt(version, plan, {}))

    asyncio.run(deploy())
    assert len(show.problems) == problems


def test_replicas_take_turns_have_variables_of_their_own_and_end_together(tmp_path: Path) -> None:
    version = Version("HEAD", "0123abc", tmp_path, Path(sys.executable).parent, cached=False)
    (tmp_path / "serve.py").write_text(SAYS_ITS_NAME, encoding="utf-8")
    plan = Plan(start="exec python serve.py", health_path="/", health_seconds=20, draining_seconds=5)
    attempt = Attempt(version, plan, {"NAME": "all"}, replicas=3, own={1: {"NAME": "one"}})

    async def deploy() -> tuple[list[str], list[int | None]]:
        async with Proxy() as proxy, Host(proxy, Show(), tmp_path / "logs") as host:
            await host.deploy(attempt)
            assert host.active
            first = host.active
            async with async_http(proxy.url) as client:
                names = [(await client.get("/")).text for _ in range(6)]
            await host.deploy(replace(attempt, replicas=1))
            return names, [each.child.poll() for each in first.replicas]

    names, ended = asyncio.run(deploy())
    assert names == ["all", "one", "all"] * 2
    assert None not in ended


@pytest.mark.parametrize(("works", "late", "is_refused"), [(True, 3, False), (False, 60, True)])
def test_hurried_seconds_do_not_run_while_a_server_starts_and_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool, late: int, is_refused: bool
) -> None:
    work = itertools.count(step=int(works))
    monkeypatch.setattr(host, "processor_seconds", lambda _: float(next(work)))
    (tmp_path / "serve.py").write_text(f"import time\ntime.sleep({late})\n{SAYS_ITS_NAME}", encoding="utf-8")
    plan = Plan(start="exec python serve.py", health_path="/", health_seconds=20, draining_seconds=5)
    version = Version("HEAD", "0123abc", tmp_path, Path(sys.executable).parent, cached=False)

    async def deploy() -> None:
        async with Proxy() as proxy, Host(proxy, Show(), tmp_path / "logs") as it:
            await it.deploy(host.hurried(Attempt(version, plan, {"NAME": "late"}), 1))

    with pytest.raises(DeployFailed, match="nobody listened") if is_refused else nullcontext():
        asyncio.run(deploy())


@pytest.mark.parametrize(("on_sigterm", "killed"), [(signal.SIG_DFL, False), (signal.SIG_IGN, True)])
def test_a_program_has_its_time_after_sigterm_and_is_then_killed(on_sigterm: int, killed: bool) -> None:
    asked = int(getattr(signal, "SIGBREAK", signal.SIGTERM))  # Windows has the one in place of the other
    code = f"import signal, time; signal.signal({asked}, {int(on_sigterm)}); print(1, flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, **processes.apart())
    assert child.stdout
    child.stdout.readline()  # it is ready
    assert asyncio.run(programs.end(child, seconds=1 if killed else 10)) is killed
    child.stdout.close()
    assert child.poll() is not None


def test_a_failure_that_is_not_known_is_named_with_those_that_are() -> None:
    run = course("rehearse", "--break", "luck")
    assert run.returncode == 2
    assert "'luck'" in run.stderr
    assert all(fault.name in run.stderr for fault in (*FAULTS, *UNNOTICED))


def test_members_read_all_that_needs_no_id_and_say_what_nobody_asks() -> None:
    statuses = {"/rooms": 200, "/rooms/all": 403, "/users/me": 200, "/search": 422}
    operations = {"/rooms/{room_id}": ["get", "delete"], "/rooms": ["get", "post"], "/users/me": ["patch"]}
    paths = {path: {key: {} for key in operations.get(path, ["get"])} for path in {**operations, **statuses}}
    asked: set[str] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                method, path, _ = (await read_message(reader)).first.decode().split()
            except Gone:
                break
            asked.add(f"{method} {path}")
            said = {"/openapi.json": {"paths": paths}, "/auth/register": {"access_token": "t"}}.get(path, {})
            status = 201 if path == "/auth/register" else statuses.get(path, 200)
            body = json.dumps(said).encode()
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        writer.close()

    async def play() -> Members:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            public = Members(server.sockets[0].getsockname()[1], requests_per_second=600)
            await public.settle()
            public.start()
            await asyncio.sleep(0.5)
            assert not public.counts.failures
            statuses["/rooms"] = 500
            paths["/beds"] = paths["/search"]
            await public.look_around()
            await asyncio.sleep(0.5)
            await public.stop()
        return public

    public = asyncio.run(play())
    assert set(public.counts.failures) == {"GET /rooms was answered 500"}
    assert set(public.not_asked) == {
        "GET /rooms/{room_id}",
        "DELETE /rooms/{room_id}",
        "POST /rooms",
        "GET /rooms/all",
        "GET /search",
    }
    assert "GET /beds" in asked
    assert asked.isdisjoint(set(public.not_asked) - {"GET /rooms/all", "GET /search"})  # which were tried once
