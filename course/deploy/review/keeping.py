"""What an app says that it keeps, and whether it does: read back what was written."""

from typing import Any

import httpx

from course.deploy.review.document import Operation
from course.deploy.review.finding import Finding, NotJudgedError, probe
from course.deploy.review.races import change_of, changing, fields_to_change
from course.deploy.review.target import Row, Target, body_of


def read(target: Target, operation: Operation, row: Row) -> httpx.Response | None:
    """The row as it is now; None if it can't be read alone."""
    reads = target.items(operation, "get")
    if not reads:
        return None
    guest = row.guest if reads[0].is_protected else None
    return target.send(reads[0], target.values_for(reads[0], row=row), guest=guest)


@probe
def what_was_written_is_there(target: Target) -> list[Finding]:
    found = []
    for operation in target.creating():
        try:
            row = target.create(operation)
        except NotJudgedError:
            continue
        now = read(target, operation, row)
        if now is not None and now.status_code == httpx.codes.NOT_FOUND:
            row = target.create(operation)
            now = read(target, operation, row)
            if now is not None and now.status_code == httpx.codes.NOT_FOUND:
                found.append(target.seen("not-stored", now, f"404, right after {operation.name} said that it is there"))
        if row.location:
            there = target.ask("GET", row.location, guest=row.guest)
            if there.status_code == httpx.codes.NOT_FOUND and now is not None and now.is_success:
                found.append(target.seen("wrong-location", there, f"404 for the Location that {operation.name} gave"))
    return found


@probe
def what_was_sent_comes_back(target: Target) -> list[Finding]:
    found = []
    for operation in target.creating():
        body = target.body_for(operation, whole=True)
        guest = target.ana if operation.is_protected else None
        try:
            values = target.values_for(operation, guest)
        except NotJudgedError:
            continue
        answer = target.send(operation, values, body=body, guest=guest)
        if not answer.is_success:
            continue
        came = body_of(answer)
        for name, sent in body.items():
            if name in came and isinstance(sent, str | int | float) and not _is_the_same(came[name], sent):
                text = f"{name} was sent as {sent!r} and came back as {came[name]!r}"
                found.append(target.seen("altered", answer, text))
    return found


def _is_the_same(came: Any, sent: Any) -> bool:
    """Equal; or the same text but for the space around it and the letters' case, or the same time or number."""
    if came == sent or type(came) is bool or came is None:
        return True
    if isinstance(sent, str) and isinstance(came, str):
        long = len(came) > len(sent) + 10  # 9.99 that came through a float
        digits = sent.replace(".", "").isdigit()
        return not (digits and long) if digits else True
    if isinstance(sent, str):  # a text that comes back as a number was money
        return not sent.replace(".", "").isdigit()
    return not isinstance(came, int | float) or abs(came - sent) < 1e-9


@probe
def a_change_of_one_field(target: Target) -> list[Finding]:
    found = []
    for operation, change in changing(target):
        names = fields_to_change(target, change)
        try:
            body = target.body_for(operation, whole=True)
            for name in names:
                row = target.create(operation, **body | _unique(target, operation))
                before = read(target, operation, row)
                answer = change_of(target, change, row, {name: target.document.value(name, change.fields[name])})()
                now = read(target, operation, row)
                if before is None or now is None or not answer.is_success:
                    continue
                was, is_ = body_of(before), body_of(now)
                gone = [key for key in names if key != name and key in was and was[key] != is_.get(key)]
                if gone:
                    came = f"{gone[0]} was {was[gone[0]]!r} and is {is_.get(gone[0])!r}, and only {name} was sent"
                    found.append(target.seen("patch-erases", answer, came))
                    break
        except NotJudgedError:
            continue
    return found


def _unique(target: Target, operation: Operation) -> dict[str, Any]:
    """New texts, so that a second row does not meet the first one."""
    fresh = target.body_for(operation, whole=True)
    return {name: value for name, value in fresh.items() if isinstance(value, str)}
