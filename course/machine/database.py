"""`course db`: the database of a stage."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from course.errors import CourseError
from course.machine import embedded, ladder, processes, server
from course.stages import Stage


@contextmanager
def _server() -> Iterator[ladder.Server]:
    """A server that keeps its data. Raises CourseError where a throw-away container is forced."""
    if ladder.forced_rung() == "container":
        raise CourseError("A container's data go with it: leave COURSE_POSTGRES unset to use a stage's own database.")
    with ladder.server(container=False) as found:
        yield found


def url(stage: Stage) -> str:
    """The URL of the stage's database, which is made if need be; says on stderr when nothing keeps its server up."""
    was_running = embedded.is_running()
    with _server() as found:
        if found.rung == "embedded" and not was_running:
            ladder.to_stderr(
                "The server runs while the course uses it: leave `course run` or `course db shell` open meanwhile."
            )
        return ladder.stage_database(found, stage.id)


def shell(stage: Stage) -> int:
    """Run psql on the stage's database, and return its exit code."""
    with _server() as found:
        psql = shutil.which("psql") or str(embedded.program("psql"))
        return processes.run([psql, ladder.plain(ladder.stage_database(found, stage.id))], env=os.environ)


def reset(stage: Stage) -> None:
    """Drop the stage's database. Raises CourseError if it is in use, or not one that the course made."""
    import asyncpg

    with _server() as found:
        if found.rung == "url":
            raise CourseError(
                "DATABASE_URL names a database that the course did not make: drop it yourself, or unset DATABASE_URL."
            )
        if address := server.address_of(stage):
            raise CourseError(f"The database of stage {stage.id} is in use at {address}: end that `course run` first.")
        try:
            ladder.execute(found.url, f'DROP DATABASE IF EXISTS "{ladder.stage_database_name(stage.id)}"')
        except asyncpg.ObjectInUseError as error:
            raise CourseError(
                f"The database of stage {stage.id} is in use: end the programs that are connected to it first."
            ) from error
    ladder.to_stderr(f"The database of stage {stage.id} is gone; the next `course run {stage.id}` makes it anew.")
