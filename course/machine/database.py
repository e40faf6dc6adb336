"""`course db`: the database of a stage."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from course import environment
from course.errors import CourseError, UsageError
from course.machine import backup, embedded, ladder, processes, server
from course.stages import CAPSTONE, STAGES, Stage, stage_by_id


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


@contextmanager
def address(stage: Stage | None, given: str | None) -> Iterator[str]:
    """The URL of a database for the length of the block: the one that is given, or a stage's own."""
    if given:
        yield given
        return
    with _server() as found:
        yield ladder.stage_database(found, (stage or CAPSTONE).id)


def shell(stage: Stage) -> int:
    """Run psql on the stage's database, and return its exit code."""
    with _server() as found:
        psql = shutil.which("psql") or str(embedded.program("psql"))
        return processes.run([psql, ladder.plain(ladder.stage_database(found, stage.id))], env=environment.child())


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


def stage_and_file(words: Sequence[str], url: str | None) -> tuple[Stage | None, Path | None]:
    """Tell a stage's id and a file's name apart, in whatever order. Raises UsageError for more than one of either."""
    ids = [word for word in words if word in {stage.id for stage in STAGES}]
    files = [word for word in words if word not in ids]
    if len(files) > 1:
        raise UsageError(f"There is no stage {files[0]!r}, and only one file can be named.")
    if len(ids) > 1 or (ids and url):
        raise UsageError("Name one database: a stage's, or another one by --url.")
    return (stage_by_id(ids[0]) if ids else None), (Path(files[0]) if files else None)


def dump(url: str, file: Path | None) -> str:
    """Dump a database, into a file named after it and the moment if none is named, and say so."""
    name = backup.database_of(url)
    file = file or Path(f"{name}_{backup.moment()}.dump")
    began = time.monotonic()
    backup.dump(url, file)
    size, seconds = file.stat().st_size, time.monotonic() - began
    return f"Dumped {name} into {file}: {size:,} bytes in {seconds:.1f} s."


def restore(url: str, file: Path, *, replace: bool) -> str:
    """Restore a database, and say what came of it."""
    began = time.monotonic()
    name, restored = backup.database_of(url), backup.restore(url, file, replace=replace)
    told = f"Restored {name} from {file} in {time.monotonic() - began:.1f} s. {restored}"
    if restored.kept:
        told += f"\nWhat was there before is kept as the database {restored.kept}: drop it once you don't need it."
    return told
