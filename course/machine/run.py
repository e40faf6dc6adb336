"""`course run`: a stage on this machine, with all that it needs: a PostgreSQL, the migrations, demo content."""

import asyncio
import sys

from course import demo, environment
from course.machine import ladder, locks, ports
from course.machine.migrations import jwt_secret, migrate
from course.machine.server import PortTakenError, StageServer, end_orphans
from course.paths import home
from course.stages import Stage


def serve(stage: Stage, wanted_port: int, *, edited: bool = True) -> int:
    """Serve a stage until Ctrl-C, and return the exit code of its server. Does anybody edit its files?"""
    end_orphans()
    with ladder.server(container=False) as found:
        database_url = ladder.stage_database(found, stage.id)
        env = environment.child(DATABASE_URL=database_url, JWT_SECRET=jwt_secret())
        first = wanted_port
        while True:
            with ports.reserved(first) as port:
                if port != wanted_port:
                    ladder.to_stderr(f"Port {wanted_port} is taken; this is on port {port}.")
                try:
                    with StageServer(stage, port, env) as server:
                        _prepare(server, env)
                        shown_url = ladder.without_password(database_url) if found.rung == "url" else database_url
                        _tell(stage, server.url, shown_url, edited=edited)
                        server.show_output()
                        return server.wait()
                except PortTakenError:
                    first = port + 1


def _prepare(server: StageServer, env: dict[str, str]) -> None:
    """Start the server, its database migrated and filled."""
    stage = server.stage
    # One run at a time, or two would fill the same empty database.
    waiting = f"Another `course run {stage.id}` prepares the database: waiting for it ..."
    with locks.held(home() / f"run-{stage.id}.lock", on_wait=lambda: ladder.to_stderr(waiting)):
        server.start()  # while the migrations run: the first request comes after both
        difference = migrate(stage, env)
        server.wait_until_ready()
        if difference:
            ladder.to_stderr(difference)
        try:
            if stage.demo and (added := asyncio.run(demo.fill(server.url, secret=env["JWT_SECRET"]))):
                ladder.to_stderr(f"Wrote {added} demo articles.")
        except demo.DemoError:
            if not difference:  # otherwise the reason has been told, and a file that is saved is served at once
                raise


def _tell(stage: Stage, url: str, database_url: str, *, edited: bool) -> None:
    shown = [
        f"{stage.title} is served at {url}",
        f"Its {'page' if stage.docs == '/' else 'documentation'}, to try it out: {url}{stage.docs}",
        f"Its database: {database_url}",
        "Ctrl-C ends it." + (" A file that you save is served at once." if edited else ""),
    ]
    sys.stdout.write("\n".join(shown) + "\n")
    sys.stdout.flush()
