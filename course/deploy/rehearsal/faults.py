"""The typical failures of a deployment, each made on purpose."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from course.deploy.rehearsal.host import Attempt
from course.deploy.rehearsal.versions import newest_migration
from course.machine import ports
from course.machine.migrations import VERSIONS

LATE_SECONDS = 5  # how much longer than the health check waits
WRONG_PATH = "/healthy"

NOT_NULL_WITHOUT_DEFAULT = '''"""posts.slug, as nobody should add it"""

import sqlalchemy as sa
from alembic import op

revision = "rehearsed"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("posts", sa.Column("slug", sa.Text(), nullable=False))
'''


@dataclass(frozen=True)
class Fault:
    """One failure: what is wrong, what the host's dashboard shows, and what to do about it."""

    name: str
    wrong: str
    dashboard: str
    fix: str
    section: str  # of the lessons
    change: Callable[[Attempt], Attempt]


def _break_migration(attempt: Attempt) -> Attempt:
    _, before = newest_migration(attempt.app)
    path = attempt.app / VERSIONS / "rehearsed_posts_slug.py"
    path.write_text(NOT_NULL_WITHOUT_DEFAULT.format(before=before), encoding="utf-8")
    return attempt


def _ask_wrong_path(attempt: Attempt) -> Attempt:
    return replace(attempt, plan=replace(attempt.plan, health_path=WRONG_PATH))


def _ignore_port(attempt: Attempt) -> Attempt:
    start = attempt.plan.start.replace("$PORT", str(ports.any_free()))
    return replace(attempt, plan=replace(attempt.plan, start=start))


def _forget_secret(attempt: Attempt) -> Attempt:
    kept = {name: value for name, value in attempt.variables.items() if name != "JWT_SECRET"}
    return replace(attempt, variables=kept)


def _start_slowly(attempt: Attempt) -> Attempt:
    module = attempt.app / "app" / "main.py"  # which the migrations do not import
    seconds = attempt.plan.health_seconds + LATE_SECONDS
    text = module.read_text(encoding="utf-8")
    module.write_text(f"import time\n\ntime.sleep({seconds})\n\n{text}", encoding="utf-8")
    return attempt


FAULTS = (
    Fault(
        "migration",
        "a migration adds a NOT NULL column without a default to a table that has rows",
        "Failed, at the pre-deploy command; its log ends with the database's own error. Nothing was started.",
        "Add the column as one that may be null, fill it, and make it NOT NULL in a later deployment",
        "6.4.6",
        _break_migration,
    ),
    Fault(
        "health",
        f"the health check asks for {WRONG_PATH}, which is not there",
        "Failed, at the health check: attempt after attempt is answered 404, until its time-out.",
        "Let the health check ask for a path that answers 2xx without a redirect: here it is /health/ready",
        "6.4.4",
        _ask_wrong_path,
    ),
    Fault(
        "port",
        "the start command names a port of its own and not $PORT",
        "Failed, at the health check: service unavailable, until its time-out. The log says that the server runs well.",
        "Listen on the port that the host names: `--port $PORT` in the start command",
        "6.4.1",
        _ignore_port,
    ),
    Fault(
        "secret",
        "the variable JWT_SECRET was not set on the service",
        "Failed, at the pre-deploy command; its log has one line that names the variable.",
        "Set JWT_SECRET in the service's variables, at least 32 bytes of it, and deploy again",
        "6.4.2",
        _forget_secret,
    ),
    Fault(
        "slow-start",
        "the server does something long before it listens",
        "Failed, at the health check: service unavailable, until its time-out, while the log shows nothing wrong.",
        "Do long work in the pre-deploy command or after the start, or give the health check a longer time-out",
        "6.4.4",
        _start_slowly,
    ),
)
