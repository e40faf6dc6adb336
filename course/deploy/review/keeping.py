"""What an app says that it keeps, and whether it does: read back what was written."""

from typing import Any

import httpx

from course.deploy.review.answers import row_of
from course.deploy.review.document import Operation
from course.deploy.review.finding import Finding, NotJudgedError, for_each, probe
from course.deploy.review.races import change_of, changing, fields_to_change
from course.deploy.review.target import Row, Target

NOBODYS = 999_999_937  # an id
ROWS_WATCHED = 20


def read(target: Target, operation: Operation, row: Row) -> httpx.Response | None:
    """The row as it is now; None if it can't be read alone."""
    reads = target.items(operation, "get")
    if not reads:
        return None
    guest = row.guest if reads[0].is_protected else None
    return target.send(reads[0], target.values_for(reads[0], row=row), guest=guest)


@probe
def what_was_written_is_there(target: Target) -> list[Finding]:
    return for_each(target, target.creating(), _is_there)


def _is_there(target: Target, operation: Operation) -> list[Finding]:
    row = target.create(operation)
    now = read(target, operation, row)
    if now is not None and now.status_code == httpx.codes.NOT_FOUND:
        now = read(target, operation, target.create(operation))  # once more
        if now is not None and now.status_code == httpx.codes.NOT_FOUND:
            return [target.seen("not-stored", now, f"404, right after {operation.name} said that it is there")]
    if row.location and now is not None and now.is_success:
        there = target.ask("GET", row.location, guest=row.guest)
        if there.status_code == httpx.codes.NOT_FOUND:
            return [target.seen("wrong-location", there, f"404 for the Location that {operation.name} gave")]
    return []


@probe
def what_was_sent_comes_back(target: Target) -> list[Finding]:
    return for_each(target, target.creating(), _comes_back)


def _comes_back(target: Target, operation: Operation) -> list[Finding]:
    guest = target.who_makes(operation)
    body, values = target.body_for(operation, whole=True), target.values_for(operation, guest)
    answer = target.send(operation, values, body=body, guest=guest)
    came = row_of(answer) if answer.is_success else {}
    return [
        target.seen("altered", answer, f"{name} was sent as {sent!r} and came back as {came[name]!r}")
        for name, sent in body.items()
        if name in came and isinstance(sent, str | int | float) and not _is_the_same(came[name], sent)
    ]


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
def batches_that_fail_in_the_middle(target: Target) -> list[Finding]:
    posts = [each for each in target.document.operations if each.method == "post" and each.batch]
    return for_each(target, posts, _half_done)


def _half_done(target: Target, operation: Operation) -> list[Finding]:
    """Of several things the last can't be done: is something of the others there?"""
    assert operation.batch
    name, one = operation.batch
    guest = target.who_makes(operation)
    values, whole = target.values_for(operation, guest), target.body_for(operation, whole=True)
    if one.get("properties"):
        good = whole[name][0] if name else target.document.value("", one)
        named = [field for field in dict(target.document.references(one)) if field in good]
        bad = {**good, named[0]: NOBODYS if isinstance(good[named[0]], int) else str(NOBODYS)} if named else good
    else:  # of texts one that is taken, where each can be taken once
        good, bad = (target.document.value(name, one) for _ in range(2))
        target.send(operation, values, body={**whole, name: [bad]}, guest=guest)
    listing = target.lists(operation)

    def there() -> list[bytes]:
        """All that somebody sees: the list, and the rows that the batch names."""
        reads = [target.send(listing, values, guest=guest).content] if listing else []
        for row in target.rows[-ROWS_WATCHED:]:
            if (now := read(target, row.operation, row)) is not None:
                reads.append(now.content)
        return reads

    before = there()
    if before != there():
        raise NotJudgedError("what is there looks different each time")
    answer = target.send(operation, values, body={**whole, name: [good, bad]} if name else [good, bad], guest=guest)
    if not before or answer.is_success:
        return []  # nothing shows what is there, or each of them stands for itself
    if there() != before:
        came = f"{answer.status_code}, and yet something of it is there"
        return [target.seen("half-done", answer, came)]
    return []


@probe
def a_change_of_one_field(target: Target) -> list[Finding]:
    return for_each(target, changing(target), _one_field)


def _one_field(target: Target, pair: tuple[Operation, Operation]) -> list[Finding]:
    operation, change = pair
    names = fields_to_change(target, change)
    for name in names:
        row = target.create(operation, changed=target.body_for(operation, whole=True))
        before = read(target, operation, row)
        answer = change_of(target, change, row, {name: target.document.value(name, change.fields[name])})()
        now = read(target, operation, row)
        if before is None or now is None or not answer.is_success:
            continue
        was, is_ = row_of(before), row_of(now)
        if gone := [key for key in names if key != name and key in was and was[key] != is_.get(key)]:
            came = f"{gone[0]} was {was[gone[0]]!r} and is {is_.get(gone[0])!r}, and only {name} was sent"
            return [target.seen("patch-erases", answer, came)]
    return []
