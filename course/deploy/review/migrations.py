"""Migrations: up, down and up again, on an empty database and with rows in between; and whether the models agree."""

from collections import Counter

import asyncpg

from course.deploy.review.finding import Finding, NotJudgedError, probe_of_own
from course.deploy.review.serving import Served
from course.deploy.review.target import Target
from course.machine import ladder, reasons

CHECKS = (
    "SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) AS rule FROM pg_constraint "
    "WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
)
ROUND = (("upgrade", "head"), ("check",), ("downgrade", "base"), ("upgrade", "head"))


@probe_of_own
def migrations_up_and_down(target: Target) -> list[Finding]:
    one = target.served
    assert one
    if not one.plan.migrate:
        raise NotJudgedError("there is no alembic.ini in the folder")
    with ladder.fresh_database() as url:
        for arguments in ROUND:
            status, said = one.alembic(*arguments, url=url)
            if status:
                kind = "models-differ" if arguments == ("check",) else "migration-fails"
                return [_failed(kind, one, arguments, said)]
        return _rules_that_differ(one, url)


def _rules_that_differ(one: Served, migrated: str) -> list[Finding]:
    """The CHECK constraints that the models describe and the migrations do not make: Alembic compares none."""
    tables = one.inside["tables"]
    with ladder.fresh_database() as url:
        try:
            for each in tables:
                ladder.execute(url, each)
        except asyncpg.PostgresError:
            return []  # they need what is not theirs, such as an extension
        described, made = (Counter(row["rule"] for row in ladder.execute(each, CHECKS)) for each in (url, migrated))
    gone = list(described - made)
    if not gone:
        return []
    certain = described.total() > made.total()
    came = f"the models have {gone[0]}, and what the migrations make has not"
    return [Finding("models-differ", "alembic", "alembic upgrade head, and the models' create_all", came, certain)]


@probe_of_own
def migrations_with_rows_in_between(target: Target) -> list[Finding]:
    one = target.served
    assert one
    if not one.plan.migrate:
        raise NotJudgedError("there is no alembic.ini in the folder")
    for operation in target.creating():
        try:
            target.create(operation)
        except NotJudgedError:
            continue
    one.stop()  # a version that is in use keeps its locks
    try:
        for arguments in (("downgrade", "-1"), ("upgrade", "head")):
            status, said = one.alembic(*arguments)
            if status:
                return [_failed("migration-fails", one, arguments, said)]
    finally:
        one.start()
    for each in target.document.reads:
        target.send(each, guest=target.ana if each.is_protected else None)  # a 5xx is noted
    return []


def _failed(kind: str, one: Served, arguments: tuple[str, ...], said: str) -> Finding:
    return Finding(kind, "alembic", f"alembic {' '.join(arguments)}", reasons.of(said)[:300])
