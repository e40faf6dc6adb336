"""What grows with the rows: statements of a request (N+1 queries), answers without a limit, pages that shift."""

from collections import Counter
from typing import Any

import httpx

from course.deploy.review.document import Operation
from course.deploy.review.finding import Finding, NotJudgedError, probe, probe_of_own
from course.deploy.review.target import Guest, Target, body_of, rows_of

FEW, MORE = 3, 12
MANY = 130
PAGE = 3
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
        guest = target.ana if operation.is_protected or listing.is_protected else None
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
        made += target.send(operation, values, body=target.body_for(operation), guest=guest).is_success
    if made < count:
        raise NotJudgedError(f"{operation.name} made {made} of {count} rows")
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
    return list(target.served.between.statements)


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
    return [each.get("id") for each in rows_of(answer) if isinstance(each, dict)]


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
