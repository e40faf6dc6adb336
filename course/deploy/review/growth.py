"""What grows with the rows: statements of a request (N+1 queries), answers without a limit, pages that shift."""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from course.deploy.review.answers import body_of, id_of, rows_of
from course.deploy.review.asking import Guest
from course.deploy.review.document import Operation
from course.deploy.review.finding import Finding, NotJudgedError, for_each, probe, probe_of_own
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


@dataclass
class Listed:
    """A collection: what makes its rows, what lists them, what is in its path, and who asks."""

    operation: Operation
    listing: Operation
    values: dict[str, str]
    guest: Guest | None

    @property
    def name(self) -> str:
        return self.listing.name

    def page(self, target: Target, **params: Any) -> httpx.Response:
        return target.send(self.listing, self.values, guest=self.guest, params=params)

    def first(self, names: Sequence[str]) -> str | None:
        """The first of these names that may stand behind the question mark."""
        return next((each for each in names if each in self.listing.query), None)


def listed(target: Target) -> list[Listed]:
    """The collections that another operation fills. Raises NotJudgedError if there is none."""
    found = []
    for operation in target.creating():
        if listing := target.lists(operation):
            guest = target.who_makes(operation) or (target.ana if listing.is_protected else None)
            with suppress(NotJudgedError):
                found.append(Listed(operation, listing, target.values_for(operation, guest), guest))
    if not found:
        raise NotJudgedError("no list shows what another operation makes")
    return found


def fill(target: Target, one: Listed, count: int) -> None:
    """Make rows of one collection. Raises NotJudgedError if they can't be made."""
    for _ in range(count):
        body = target.body_for(one.operation)
        if not target.send(one.operation, one.values, body=body, guest=one.guest).is_success:
            target.create(one.operation, one.guest, one.values)


@probe_of_own
def statements_of_a_list(target: Target) -> list[Finding]:
    return for_each(target, listed(target), _n_plus_one)


def _n_plus_one(target: Target, one: Listed) -> list[Finding]:
    fill(target, one, FEW)
    before = _statements(target, one)
    fill(target, one, MORE)
    after = _statements(target, one)
    if len(after) - len(before) < MORE // 2 or len(_statements(target, one)) != len(after):
        return []
    [(statement, times)] = Counter(after).most_common(1)
    came = f"{len(before)} statements, and with {MORE} rows more {len(after)}: {times} times {statement[:160]}"
    return [target.seen("n-plus-one", one.page(target), came)]


def _statements(target: Target, one: Listed, **params: Any) -> list[str]:
    """The statements of one request, its connection and its plans made before; none if nobody stands in between."""
    one.page(target, **params)
    if not target.served:
        return []
    target.served.between.statements.clear()
    one.page(target, **params)
    return list(target.served.between.statements)


@probe
def lists_without_an_end(target: Target) -> list[Finding]:
    return for_each(target, listed(target), _endless)


def _endless(target: Target, one: Listed) -> list[Finding]:
    fill(target, one, MANY)
    size = one.first(SIZE)
    for params in ({}, {size: 1_000_000} if size else {}):
        answer = one.page(target, **params)
        if len(rows_of(answer)) >= MANY:
            return [target.seen("endless-list", answer, f"{len(rows_of(answer))} rows in one answer")]
    return []


@probe
def pages_that_shift(target: Target) -> list[Finding]:
    return for_each(target, _paged(target), _shifting)


def _paged(target: Target) -> list[Listed]:
    if paged := [each for each in listed(target) if each.first(SIZE)]:
        return paged
    raise NotJudgedError("no list has pages that the review knows how to turn")


def _shifting(target: Target, one: Listed) -> list[Finding]:
    size = {str(one.first(SIZE)): PAGE}
    fill(target, one, 2 * PAGE)
    if target.served:
        target.served.one_moment()
    found = _lost(target, one, size)
    first = one.page(target, **size)
    fill(target, one, 1)
    if (following := _after(one.listing, first)) is not None:
        second = one.page(target, **size, **following)
        if twice := set(_ids(first)) & set(_ids(second)):
            came = f"{len(twice)} rows of the first page stand on the second one, since a row was added"
            found.append(target.seen("page-drift", second, came))
    return found


@probe
def pages_at_depth(target: Target) -> list[Finding]:
    """What the last page costs more than the first: seen in its statement, or only measured."""
    return for_each(target, [each for each in _paged(target) if each.first((*START, "page"))], _deep)


def _deep(target: Target, one: Listed) -> list[Finding]:
    size, start = {str(one.first(SIZE)): PAGE}, one.first(START)
    depth = {start: DEEP} if start else {"page": DEEP // PAGE + 1}
    if not rows_of(one.page(target, **size, **depth)):
        fill(target, one, DEEP + PAGE)
    deep = one.page(target, **size, **depth)
    skips = [
        each for each in _statements(target, one, **size, **depth) if re.search(r"\bOFFSET\b", each, re.IGNORECASE)
    ]
    if skips and rows_of(deep):
        came = f"for {len(rows_of(deep))} rows the database reads {DEEP} more, and drops them: {skips[0][-160:]}"
        return [target.seen("deep-page", deep, came)]
    first, last = (
        statistics.median(seconds(partial(one.page, target, **size, **more)) for _ in range(TIMED))
        for more in ({}, depth)
    )
    if rows_of(deep) and last > DEEP_TIMES * first and last - first > DEEP_SECONDS:
        came = f"the first page takes {1000 * first:.0f} ms, one behind {DEEP} rows {1000 * last:.0f} ms (medians)"
        return [target.seen("deep-page", deep, came, certain=False)]
    if target.served:
        return []
    raise NotJudgedError(f"{DEEP} rows are too few to see by the time alone what a page at depth costs")


def _lost(target: Target, one: Listed, size: dict[str, int]) -> list[Finding]:
    """Are there rows that stand on no page? Those of one moment, for instance."""
    whole = _ids(one.page(target, **dict.fromkeys(size, 100)))
    ids: list[Any] = []
    params: dict[str, Any] = {}
    for _ in range(2 * PAGE):
        answer = one.page(target, **size, **params)
        ids += _ids(answer)
        if not _ids(answer) or (following := _after(one.listing, answer, len(ids))) is None:
            break
        params = following
    missing = [each for each in whole[: len(ids)] if each not in ids]
    if len(whole) < 2 * PAGE or (not missing and len(ids) >= 2 * PAGE):
        return []
    gone = missing or whole[len(ids) :]
    came = f"pages of {PAGE} show {len(ids)} of {len(whole)} rows; ids on none of them: {gone[:PAGE]}"
    return [target.seen("page-loses-rows", answer, came)]


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
