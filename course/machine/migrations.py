"""A stage's migrations: run, compared with its models, drafted."""

import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from course import environment
from course.errors import CourseError
from course.machine import ladder, locks, processes, reasons
from course.machine.material.workspace import workspace_root
from course.paths import home
from course.stages import Stage

VERSIONS = "migrations/versions"  # in the app's folder
SAID = re.compile(r"^(revision|down_revision)\b[^=\n]*= *(\([^)]*\)|[\"']\w+[\"'])", re.MULTILINE)
ID = re.compile(r"[\"'](\w+)[\"']")
UPGRADED = "course: upgraded"
UNKNOWN = "Can't locate revision"  # Alembic, of a migration that this folder does not have
# In one process, which spares a second: most of what each of the two does is importing the app.
UPGRADE_AND_CHECK = f"""
import logging
from alembic.config import main

main(prog="alembic", argv=["upgrade", "head"])
logging.getLogger("alembic.autogenerate").setLevel(logging.INFO)
print({UPGRADED!r}, flush=True)
main(prog="alembic", argv=["check"])
"""


def migrate(stage: Stage, env: dict[str, str]) -> str:
    """Bring a stage's database to its newest migration; return in what its models differ from it then, if they do.

    Raises CourseError, with what Alembic said, if it fails.
    """
    if not stage.migrations:
        return ""
    log = home() / f"migrations-{stage.id}-{os.getpid()}.log"
    command = [sys.executable, "-c", UPGRADE_AND_CHECK]
    failed = processes.run_apart(command, log=log, cwd=stage.folder, env=env)
    output = log.read_text(encoding="utf-8", errors="replace")
    if failed and UPGRADED not in output:
        why = reasons.of(output)
        fix = f" Another copy has migrated this database: empty it with course db reset {stage.id}."
        raise CourseError(f"The migrations of {stage.path} failed: {why} (see {log}).{fix if UNKNOWN in why else ''}")
    log.unlink()
    found = re.findall(r"^Detected (.+)$", output.partition(UPGRADED)[2], re.MULTILINE)
    if not found:
        return ""
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    own = " --workspace" if stage.folder.parent == workspace_root() else ""
    return (
        f"The models of {stage.path} and its database differ ({found[0]}{more}). Draft the migration with: "
        f'course db migration "what has changed" {stage.id}{own} (it calls alembic revision --autogenerate).'
    )


def draft_migration(stage: Stage, title: str) -> str:
    """Let Alembic draft a migration from what the models have and the stage's migrations do not: the file's path.

    It compares with a database that these migrations alone have made: the stage's own may have been another copy's.
    Where a migration is missing that others build on, it is that one, drafted on those before it. Raises CourseError if
    there is nothing to draft, or if it can't be done.
    """
    if not stage.migrations:
        raise CourseError(f"Stage {stage.id} has no migrations: it makes its tables when it starts.")
    versions = stage.folder / VERSIONS
    missing = _missing(versions)
    with ladder.server(container=False) as found, ExitStack() as temporary:
        at = temporary.enter_context(_before(stage, missing)) if missing else stage
        url = temporary.enter_context(ladder.fresh_database(found))
        env = environment.child(DATABASE_URL=url, JWT_SECRET=jwt_secret())
        if not migrate(at, env):
            raise CourseError(f"The models of {stage.path} and its migrations say the same: there is nothing to draft.")
        before = set((at.folder / VERSIONS).glob("*.py"))
        log = home() / f"draft-{stage.id}-{os.getpid()}.log"
        command = [sys.executable, "-m", "alembic", "revision", "--autogenerate", "--message", title]
        command += ["--rev-id", missing or f"{len(before) + 1:04}"]
        if processes.run_apart(command, log=log, cwd=at.folder, env=env) != 0:
            why = reasons.of(log.read_text(encoding="utf-8", errors="replace"))
            raise CourseError(f"Alembic could not draft the migration: {why} (see {log}).")
        log.unlink()
        [drafted] = set((at.folder / VERSIONS).glob("*.py")) - before
        return str(drafted if at is stage else shutil.move(drafted, versions / drafted.name))


def links(versions: Path) -> dict[str, tuple[Path, set[str]]]:
    """By its id, each migration's file and the ids that it builds on: one, several that it merges, or none."""
    found = {}
    for path in versions.glob("*.py"):
        said = {name: set(ID.findall(ids)) for name, ids in SAID.findall(path.read_text("utf-8"))}
        for own in said.get("revision", ()):
            found[own] = path, said.get("down_revision", set())
    return found


def _missing(versions: Path) -> str:
    """The id of a migration that is not there, and that another one builds on; nothing if there is none such."""
    there = links(versions)
    return next((each for _, before in there.values() for each in before if each not in there), "")


@contextmanager
def _before(stage: Stage, missing: str) -> Iterator[Stage]:
    """A copy of the stage, without the migrations that build on the missing one."""
    with tempfile.TemporaryDirectory(prefix="course-draft-") as folder:
        copy = Path(folder) / "stage"
        shutil.copytree(stage.folder, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        gone, there = {missing}, links(copy / VERSIONS)
        while later := {name for name, (_, before) in there.items() if before & gone} - gone:
            gone |= later
        for name in gone - {missing}:
            there[name][0].unlink()
        yield replace(stage, path=str(copy))


def jwt_secret() -> str:
    """The secret that signs this machine's tokens: JWT_SECRET, or one that is made once and kept."""
    if given := os.environ.get("JWT_SECRET"):
        return given
    path = home() / "jwt-secret"
    with locks.held(home() / "jwt-secret.lock"):
        if not path.exists() or not path.read_text(encoding="utf-8"):
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32), encoding="utf-8")
        return path.read_text(encoding="utf-8")
