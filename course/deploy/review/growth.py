"""What grows with the rows: statements of a request (N+1 queries), answers without a limit, pages that shift."""

import re
import statistics
from collections import Counter
from functools import partial
from typing import Any

import httpx

from course.deploy.review.answers import body_of, id_of, rows_of
from course.deploy.review.asking import Guest
from course.deploy.review.document import Operation
from course.deploy.review.finding import Finding, NotJudgedError, probe, probe_of_own
from course.deploy.review.logins import seconds
from course.deploy.review.target import Target

FEW, MORE = 3, 12
MANY = 130
PAGE = 3
DEEP = 60
TIMED, DEEP_TIMES, DEEP_SECONDS = 7, 3.0, 0.02
SIZE = ("limit", "size", "page_size", "per_page")
START = ("offset", "skip")
CURSORS = ("next_cursor", "cursor", "next", "next_page")


def listed(target: Target) -> list[tuple[Operation, Operation, dict[str, str], Guest | None]]:
    """The operations that make rows, with the list where these stand, and what is in its path."""
    found = []
    for operation in target.creating():
        listing = target.lists(operation)
        if listing is None:
            continue
        guest = target.who_makes(operation) or (target.ana if listing.is_protected else None)
        try:
            found.append((operation, listing, target.values_for(operation, guest), guest))
        except NotJudgedError:
            continue
    if not found:
        raise NotJudgedError("no list shows what another operation makes")
    return found


def fill(target: Target, operation: Operation, values: dict[str, str], guest: Guest | None, count: int) -> int:
    """Make rows of one collection, and say how many there are of it now."""
    made = 0
    for _ in range(count):
        body = target.body_for(operation)
        made += target.send(operation, values, body=body, guest=guest).is_success or bool(
            target.create(operation, guest, values)
        )
    return made


@probe_of_own
def statements_of_a_list(target: Target) -> list[Finding]:
    assert target.served
    found = []
    for operation, listing, values, guest in listed(target):
        fill(target, operation, values, guest, FEW)
        before = _statements(target, listing, values, guest)
        fill(target, operation, values, guest, MORE)
        after = _statements(target, listing, values, guest)
        if len(after) - len(before) >= MORE // 2 and len(_statements(target, listing, values, guest)) == len(after):
            answer = target.send(listing, values, guest=guest)
            [(statement, times)] = Counter(after).most_common(1)
            came = f"{len(before)} statements, and with {MORE} rows more {len(after)}: {times} times {statement[:160]}"
            found.append(target.seen("n-plus-one", answer, came))
    return found


def _statements(target: Target, listing: Operation, values: dict[str, str], guest: Guest | None) -> list[str]:
    """The statements of one request, its connection and its plans made before."""
    assert target.served
    target.send(listing, values, guest=guest)
    target.served.between.statements.clear()
    target.send(listing, values, guest=guest)
    return _sent(target)


@probe
def lists_without_an_end(target: Target) -> list[Finding]:
    found = []
    for operation, listing, values, guest in listed(target):
        fill(target, operation, values, guest, MANY)
        size = next((name for name in SIZE if name in listing.query), None)
        for params in ({}, {size: 1_000_000} if size else {}):
            answer = target.send(listing, values, guest=guest, params=params)
            if len(rows_of(answer)) >= MANY:
                found.append(target.seen("endless-list", answer, f"{len(rows_of(answer))} rows in one answer"))
                break
    return found


@probe
def pages_that_shift(target: Target) -> list[Finding]:
    found = []
    judged = False
    for operation, listing, values, guest in listed(target):
        size = next((name for name in SIZE if name in listing.query), None)
        if size is None:
            continue
        judged = True
        fill(target, operation, values, guest, 2 * PAGE)
        if target.served:
            target.served.one_moment()
        if finding := _lost(target, listing, values, guest, size):
            found.append(finding)
        first = target.send(listing, values, guest=guest, params={size: PAGE})
        fill(target, operation, values, guest, 1)
        if (following := _after(listing, first)) is None:
            continue
        second = target.send(listing, values, guest=guest, params={size: PAGE, **following})
        if twice := set(_ids(first)) & set(_ids(second)):
            came = f"{len(twice)} rows of the first page stand on the second one, since a row was added"
            found.append(target.seen("page-drift", second, came))
    if not judged:
        raise NotJudgedError("no list has pages that the review knows how to turn")
    return found


@probe
def pages_at_depth(target: Target) -> list[Finding]:
    """What the last page costs more than the first: seen in its statement, or only measured."""
    found, counts = [], []
    for operation, listing, values, guest in listed(target):
        params = next(({name: DEEP} for name in START if name in listing.query), None)
        params = params or ({"page": DEEP // PAGE + 1} if "page" in listing.query else None)
        size = next((name for name in SIZE if name in listing.query), None)
        if params is None or size is None:
            continue
        there = len(rows_of(target.send(listing, values, guest=guest, params={size: PAGE, **params})))
        fill(target, operation, values, guest, 0 if there else DEEP + PAGE)
        if target.served:
            target.served.between.statements.clear()
        call = partial(target.send, listing, values, guest=guest)
        deep = call(params={size: PAGE, **params})
        statement = next((each for each in _sent(target) if re.search(r"\bOFFSET\b", each, re.IGNORECASE)), "")
        if statement and rows_of(deep):
            came = f"for {len(rows_of(deep))} rows the database reads {DEEP} more, and drops them: {statement[-160:]}"
            found.append(target.seen("deep-page", deep, came))
            continue
        first = statistics.median(seconds(partial(call, params={size: PAGE})) for _ in range(TIMED))
        last = statistics.median(seconds(partial(call, params={size: PAGE, **params})) for _ in range(TIMED))
        if rows_of(deep) and last > DEEP_TIMES * first and last - first > DEEP_SECONDS:
            came = f"the first page takes {1000 * first:.0f} ms, one behind {DEEP} rows {1000 * last:.0f} ms (medians)"
            found.append(target.seen("deep-page", deep, came, certain=False))
        counts.append(listing.name)
    if counts and not found:
        target.not_judged["pages at depth"] = f"{DEEP} rows are too few to see by the time what more would cost"
    return found


def _sent(target: Target) -> list[str]:
    return list(target.served.between.statements) if target.served else []


def _lost(target: Target, listing: Operation, values: dict[str, str], guest: Guest | None, size: str) -> Finding | None:
    """Are there rows that stand on no page? Those of one moment, for instance."""
    whole = _ids(target.send(listing, values, guest=guest, params={size: 100}))
    ids: list[Any] = []
    params: dict[str, Any] = {}
    for _ in range(2 * PAGE):
        answer = target.send(listing, values, guest=guest, params={size: PAGE, **params})
        ids += _ids(answer)
        if not _ids(answer) or (following := _after(listing, answer, len(ids))) is None:
            break
        params = following
    missing = [each for each in whole[: len(ids)] if each not in ids]
    if len(whole) < 2 * PAGE or (not missing and len(ids) >= 2 * PAGE):
        return None
    gone = missing or whole[len(ids) :]
    came = f"pages of {PAGE} show {len(ids)} of {len(whole)} rows; ids on none of them: {gone[:PAGE]}"
    return target.seen("page-loses-rows", answer, came)


def _ids(answer: httpx.Response) -> list[Any]:
    return [id_of(each) for each in rows_of(answer) if isinstance(each, dict)]


def _after(listing: Operation, answer: httpx.Response, start: int = PAGE) -> dict[str, Any] | None:
    """What asks for the page after an answer's; None if there is none, or the review does not know how."""
    if name := next((each for each in START if each in listing.query), None):
        return {name: start}
    if "page" in listing.query:
        return {"page": start // PAGE + 1}
    body = body_of(answer)
    value = next((body[name] for name in CURSORS if isinstance(body.get(name), str | int)), None)
    name = next((each for each in ("cursor", "after", "next", "page_token") if each in listing.query), None)
    return {name: value} if name and value is not None else None
