"""The database is away for some seconds, and back."""

import time

import httpx

from course.deploy.review.answers import tells
from course.deploy.review.document import Operation
from course.deploy.review.finding import Finding, NotJudgedError, probe_of_own
from course.deploy.review.target import Target

ANSWER_SECONDS = 10
BACK_SECONDS = 15
POLL_SECONDS = 0.3
ROUTES_MAX = 4


@probe_of_own
def the_database_is_away(target: Target) -> list[Finding]:
    assert target.served
    asked = [each for each in target.document.reads if _takes_database(target, each)][:ROUTES_MAX]
    if not asked:
        raise NotJudgedError("no list takes the database")
    found = []
    between = target.served.between
    between.go_away()
    try:
        for each in asked:
            found += _without_database(target, each)
        try:
            alive = target.ask("GET", target.health, timeout=ANSWER_SECONDS)
        except httpx.TimeoutException:
            curl = f'curl -i "$URL{target.health}"'
            found.append(Finding("health-asks-database", f"GET {target.health}", curl, "no answer"))
        else:
            if not alive.is_success:
                found.append(target.seen("health-asks-database", alive))
    finally:
        between.come_back()
    until = time.monotonic() + BACK_SECONDS
    while not (answer := target.send(asked[0], guest=target.ana if asked[0].is_protected else None)).is_success:
        if time.monotonic() > until or not target.served.is_up:
            found.append(target.seen("never-back", answer, f"{answer.status_code}, {BACK_SECONDS} s after it was back"))
            break
        time.sleep(POLL_SECONDS)
    target.errors.clear()
    return found


def _takes_database(target: Target, operation: Operation) -> bool:
    assert target.served
    target.served.between.statements.clear()
    target.send(operation, guest=target.ana if operation.is_protected else None)
    return bool(target.served.between.statements)


def _without_database(target: Target, operation: Operation) -> list[Finding]:
    guest = target.ana if operation.is_protected else None
    answer = None
    for _ in range(2):
        try:
            answer = target.send(operation, guest=guest, timeout=ANSWER_SECONDS)
        except httpx.TimeoutException:
            curl = target.curl(target.http.build_request("GET", operation.path, headers=guest.headers if guest else {}))
            return [Finding("away-hangs", operation.name, curl, f"no answer within {ANSWER_SECONDS} s")]
    assert answer is not None
    if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        talks = [target.seen("talkative-5xx", answer)] if tells(answer) else []
        return [target.seen("away-is-500", answer), *talks]
    return []
