"""An app in a folder, started by the review: how it is found, its database, its server, its log."""

import hmac
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from course import environment
from course.deploy.kinds import tokens
from course.deploy.review.database import Between
from course.errors import CourseError, UsageError
from course.machine import ladder, ports, processes, readiness, reasons
from course.stages import STAGES

SETTINGS = "review.toml"
SECRET = "the secret of a review, long enough for every algorithm of the family"  # noqa: S105 (HS512 wants 64 bytes)
LEFT_OUT = {"tests", "test", "migrations", "alembic", "venv", ".venv", "node_modules", "site-packages"}
APP = re.compile(
    r"^(\w+)(?:\s*:\s*[\w.\"']+)?\s*=\s*(?:\w+\.)?(?:FastAPI|App|\w*create_\w*app\w*|build_app|make_app)\(", re.M
)
NAMED = re.compile(r"uvicorn\s+([\w.]+:\w+)")
SCHEMES = ("postgresql", "postgresql+asyncpg", "postgresql+psycopg")
FIRST = ("app.main", "main", "src.main", "main_async", "app", "server", "api")
INSPECT = """
import importlib, json, sys

module, _, name = sys.argv[1].partition(":")
app = getattr(importlib.import_module(module), name)
app = app() if callable(app) and not hasattr(app, "routes") else app
found = []

def walk(routes, prefix=""):
    for each in routes:
        path = prefix + str(getattr(each, "path", ""))
        if type(each).__name__ == "APIWebSocketRoute" or type(each).__name__ == "WebSocketRoute":
            found.append(path)
        inner = getattr(each, "router", None) or getattr(each, "app", None) or getattr(each, "original_router", None)
        if getattr(inner, "routes", None):
            walk(inner.routes, path)

walk(app.routes)
shown = []
for module in list(sys.modules.values()):
    for key, value in list(vars(module).items()) if hasattr(module, "__dict__") else []:
        if any(base.__name__ == "BaseSettings" for base in type(value).__mro__) and sys.argv[2] in repr(value):
            shown.append(f"{module.__name__}.{key}")
for value in vars(getattr(app, "state", None) or object).get("_state", {}).values():
    if sys.argv[2] in repr(value):
        shown.append(type(value).__name__)
tables = []
try:
    from sqlalchemy import create_mock_engine
    from sqlalchemy.orm import DeclarativeBase

    bases = [each for each in DeclarativeBase.__subclasses__() if each.metadata.tables]
    url = "postgresql+asyncpg://"
    engine = create_mock_engine(url, lambda each, *_, **__: tables.append(str(each.compile(dialect=engine.dialect))))
    bases[0].metadata.create_all(engine, checkfirst=False)
except Exception:
    tables.clear()
print("\\n" + json.dumps({"sockets": sorted(set(found)), "shown": sorted(set(shown)), "tables": tables}))
"""


@dataclass
class Plan:
    """How an app is started."""

    folder: Path
    app: str
    database: str = "DATABASE_URL"  # the variables' names
    secret: str = "JWT_SECRET"  # noqa: S105
    variables: dict[str, str] = field(default_factory=dict)
    migrate: list[str] = field(default_factory=list)  # arguments of Alembic's program
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def python(self) -> str:
        """Its own environment's Python, if it has one; the course's has what the lessons use."""
        own = self.folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        return str(own) if own.exists() else sys.executable


def read_settings(folder: Path) -> dict[str, Any]:
    """What review.toml says; nothing if there is none. Raises UsageError if it can't be read."""
    path = folder / SETTINGS
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}.") from error


def plan(folder: Path, app: str | None = None) -> Plan:
    """How the app of a folder is started. Raises UsageError if that can't be found out."""
    told = read_settings(folder)
    names = told.get("variables", {})
    stage = next((each for each in STAGES if each.folder == folder.resolve()), None)
    app = app or told.get("app") or (stage.app if stage else _app_of(folder))
    migrate = ["upgrade", "head"] if (folder / "alembic.ini").exists() else []
    variables = {name: str(value) for name, value in told.get("set", {}).items()}
    database, secret = names.get("database", "DATABASE_URL"), names.get("secret", "JWT_SECRET")
    return Plan(folder.resolve(), app, database, secret, variables, migrate, told)


def _app_of(folder: Path) -> str:
    """`module:name` of the app. Raises UsageError if there is none, or more than one that it could be."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if LEFT_OUT & set(parts) or any(part.startswith(".") for part in parts):
            continue
        if match := APP.search(path.read_text(encoding="utf-8", errors="replace")):
            found[".".join(parts)] = match[1]
    said = [text.read_text(encoding="utf-8", errors="replace") for text in _texts(folder)]
    for name in [each for text in said for each in NAMED.findall(text)]:
        if name.partition(":")[0] in found:
            return str(name)
    for module in FIRST:
        if module in found:
            return f"{module}:{found[module]}"
    if len(found) == 1:
        [(module, name)] = found.items()
        return f"{module}:{name}"
    what = f"could be {', '.join(f'{module}:{name}' for module, name in found.items())}" if found else "is in no file"
    raise UsageError(f'The app of {folder} {what}: say which in {folder / SETTINGS}, app = "module:name".')


def _texts(folder: Path) -> list[Path]:
    names = ("Procfile", "railway.toml", "deployment.toml", "Dockerfile", "README.md")
    return [folder / name for name in names if (folder / name).exists()]


class Served:
    """A server of the app, with a database of its own between which and it the review stands."""

    def __init__(self, plan: Plan, between: Between, database_url: str, folder: Path) -> None:
        self.plan = plan
        self.between = between
        self.database_url = database_url  # straight to it
        self.secret = SECRET
        self.port = ports.any_free()
        self.log = folder / "server.log"
        self.child: subprocess.Popen[bytes] | None = None
        self.scheme = SCHEMES[0]
        self.refused = ""  # what it said to a plain postgresql:// URL, if it did not start with that

    @property
    def url(self) -> str:
        return f"http://{ports.HOST}:{self.port}"

    @property
    def database(self) -> str:
        """The URL that the app is given."""
        return self.scheme + self.between.url.removeprefix("postgresql")

    def environment(self, **changed: str | None) -> dict[str, str]:
        """The app's variables. One that is changed to None is left out."""
        given: dict[str, str | None] = {self.plan.database: self.database, self.plan.secret: SECRET}
        given |= self.plan.variables | {"PYTHONUNBUFFERED": "1"} | changed
        return environment.without_settings(**{name: value for name, value in given.items() if value is not None})

    def command(self, port: int) -> list[str]:
        told = self.plan.told.get("start")
        if told:
            return [word.format(port=port) for word in shlex.split(told)]
        command = [self.plan.python, "-m", "uvicorn", self.plan.app, "--host", ports.HOST, "--port", str(port)]
        # From this machine the review would count as the host's proxy, and be believed what it says of addresses.
        return [*command, "--timeout-graceful-shutdown", "20", "--no-proxy-headers"]

    def start(self) -> None:
        """Start the server, and return once it answers. Raises CourseError, with what it said, if it does not."""
        with self.log.open("ab") as output:
            child = processes.start(
                self.command(self.port), cwd=self.plan.folder, env=self.environment(), output=output
            )
        self.child = child
        self.between.begin()
        try:
            readiness.wait_until(lambda: readiness.answers(self.url), child, lambda: self.log.stat().st_size)
        except readiness.NotReadyError as error:
            said = self.log.read_text(encoding="utf-8", errors="replace")
            raise CourseError(f"{self.plan.app} in {self.plan.folder} {error}: {reasons.of(said)}.") from error

    def stop(self) -> None:
        if self.child:
            processes.end(self.child)

    @property
    def is_up(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def alembic(self, *arguments: str, url: str | None = None) -> tuple[int, str]:
        """Run Alembic on the database, or on another one: its exit status, and what it said.

        Straight to it: some of what Alembic does is not what an app does.
        """
        changed = {self.plan.database: self.scheme + ladder.plain(url or self.database_url).removeprefix(SCHEMES[0])}
        status, said, complained = self._run("-m", "alembic", *arguments, **changed)
        return status, said + complained

    def _run(self, *arguments: str, **changed: str) -> tuple[int, str, str]:
        """Run a program of the app's Python: its exit status, and what it said and complained of."""
        command, env = [self.plan.python, *arguments], self.environment(**changed)
        done = subprocess.run(command, cwd=self.plan.folder, env=env, capture_output=True, check=False)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    @cached_property
    def inside(self) -> dict[str, list[str]]:
        """What can only be seen from inside.

        The paths of WebSockets, settings whose `repr` shows the secret, and the statements for the models' tables.
        """
        _, said, _ = self._run("-c", INSPECT, self.plan.app, SECRET)
        try:
            return dict(json.loads(said.strip().splitlines()[-1]))
        except (IndexError, ValueError):
            return {"sockets": [], "shown": [], "tables": []}

    def secret_signs(self, token: str) -> bool:
        """Is a token signed with the secret that the app was given?"""
        signed, _, signature = token.rpartition(".")
        own = hmac.digest(SECRET.encode(), signed.encode(), "sha256")
        return signature == tokens.encoded(own)

    def delete_user(self, name: str) -> bool:
        """Delete the row that holds an e-mail or a user's name; says whether there was one."""
        gone = [self._try(f"DELETE FROM {table} WHERE {column} = $1", name) for table, column in self._holders(name)]  # noqa: S608
        return any(gone)

    def switch_off(self, name: str) -> bool:
        """Set the column that says whether a user is active, if there is one."""
        for table, column in self._holders(name):
            for active in ("is_active", "active", "enabled"):
                if self._try(f'UPDATE {table} SET "{active}" = false WHERE {column} = $1', name):  # noqa: S608
                    return True
        return False

    def make_admin(self, name: str, roles: list[str]) -> bool:
        """Set what says that a user may do more than others, with the first of these roles that the database takes."""
        done = False
        for table, column in self._holders(name):
            for flag in ("is_admin", "is_superuser", "is_staff", "admin", "superuser"):
                done |= self._try(f'UPDATE {table} SET "{flag}" = true WHERE {column} = $1', name)  # noqa: S608
            done |= any(self._try(f"UPDATE {table} SET role = '{each}' WHERE {column} = $1", name) for each in roles)  # noqa: S608
        return done

    def one_moment(self) -> None:
        """Give all rows one and the same time, as if they had come at the same moment."""
        rows = ladder.execute(
            self.database_url,
            "SELECT quote_ident(table_name) AS t, quote_ident(column_name) AS c FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name IN ('created_at', 'created', 'published_at')",
        )
        for row in rows:
            self._try(f"UPDATE {row['t']} SET {row['c']} = (SELECT max({row['c']}) FROM {row['t']}) WHERE $1 = $1", "x")  # noqa: S608

    def _try(self, statement: str, *arguments: object) -> bool:
        import asyncpg

        try:
            return bool(ladder.execute(self.database_url, f"{statement} RETURNING 1", *arguments))
        except asyncpg.PostgresError:
            return False

    def _holders(self, text: str) -> list[tuple[str, str]]:
        """The tables and columns that hold a text."""
        rows = ladder.execute(
            self.database_url,
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS t, quote_ident(column_name) AS c "
            "FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') "
            "AND data_type IN ('text', 'character varying')",
        )
        return [
            (row["t"], row["c"])
            for row in rows
            if ladder.execute(self.database_url, f"SELECT 1 FROM {row['t']} WHERE {row['c']} = $1 LIMIT 1", text)  # noqa: S608
        ]


@contextmanager
def served(plan: Plan) -> Iterator[Served]:
    """The app on a new database, for the length of the block. Raises CourseError if it does not start."""
    with (
        tempfile.TemporaryDirectory(prefix="course-review-", ignore_cleanup_errors=True) as scratch,
        ladder.fresh_database() as url,
    ):
        between = Between(url)
        one = Served(plan, between, url, Path(scratch))
        try:
            _start_somehow(one)
            yield one
        finally:
            with processes.shielded():
                one.stop()
                between.close()


def _start_somehow(one: Served) -> None:
    """Start the app with the URL as hosts hand it out, or else with the driver's name in it, and note which it takes.

    Raises CourseError, with what was said first, if it starts with none.
    """
    first: CourseError | None = None
    for one.scheme in SCHEMES:
        try:
            if one.plan.migrate:
                status, said = one.alembic(*one.plan.migrate)
                if status:
                    raise CourseError(f"The migrations of {one.plan.folder} failed: {reasons.of(said)}.")
            one.start()
        except CourseError as error:
            one.stop()
            one.refused = one.refused or str(error)
            first = first or error
        else:
            return
    assert first is not None
    raise first
