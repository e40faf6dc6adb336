"""The stages of the course, in their order: the only list of them. Ids never change once published."""

from dataclasses import dataclass
from pathlib import Path

from course.errors import UsageError
from course.paths import ROOT


@dataclass(frozen=True, slots=True)
class Stage:
    """A runnable app of its own, and how it is started and checked."""

    id: str
    path: str  # of its folder, from the repository's root
    title: str
    teaches: str
    app: str  # as uvicorn names it, from inside the folder
    migrations: bool  # `alembic upgrade head` makes its tables; otherwise the app does
    layered: bool  # it has the layers that import-linter checks
    typed: tuple[str, ...]  # what mypy reads
    docs: str = "/docs"  # where its interactive documentation is served
    home: str = ""  # what every user may GET, and nobody else; it has no users without one
    demo: bool = False  # `course run` fills its empty database with demo content

    @property
    def folder(self) -> Path:
        return ROOT / self.path


STAGES = (
    Stage(
        id="04",
        path="modules/04_async_notes_api",
        title="The async notes API",
        teaches="settings, an async database, passwords and tokens, errors, and a first API that holds",
        app="main_async:app",
        migrations=False,
        layered=False,
        typed=("first_version.py", "main_async.py", "models.py", "orm_example.py", "schemas.py", "core", "routers"),
        home="/notes",
    ),
    Stage(
        id="05a",
        path="modules/05a_layered_refactor",
        title="The layered refactor",
        teaches="layers, a service for each resource, migrations, money, and tests that are worth their time",
        app="app.main:app",
        migrations=True,
        layered=True,
        typed=("app", "bench", "sandbox.py"),
        home="/notes",
    ),
    Stage(
        id="05b",
        path="modules/05b_websockets",
        title="WebSockets",
        teaches="sockets that stay open: an echo, rooms across many processes, slow readers, and a clean stop",
        app="websocket_example:app",
        migrations=False,
        layered=False,
        typed=("first_version.py", "websocket_example.py", "settings.py", "errors.py", "server.py", "rooms"),
        docs="/",
    ),
    Stage(
        id="06",
        path="capstone",
        title="Capstone: the blog",
        teaches="the whole of it: users, posts, comments, pages, migrations, tests, and the way to production",
        app="app.main:app",
        migrations=True,
        layered=True,
        typed=("app", "bench"),
        demo=True,
        home="/users/me",
    ),
)

CAPSTONE = STAGES[-1]


def stage_by_id(stage_id: str) -> Stage:
    """The stage with this id. Raises UsageError, which lists the ids, if there is none."""
    for stage in STAGES:
        if stage.id == stage_id:
            return stage
    known = ", ".join(f"{stage.id} ({stage.title})" for stage in STAGES)
    raise UsageError(f"There is no stage {stage_id!r}; there is {known}.")
