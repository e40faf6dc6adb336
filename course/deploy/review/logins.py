"""Logins: do they hold up everybody else, does their time tell who has an account, and do guesses ever end?"""

import re
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import httpx

from course import environment
from course.deploy.review.asking import ANSWER_SECONDS, BudgetError, Guest
from course.deploy.review.document import PASSWORD, Operation
from course.deploy.review.finding import Finding, NotJudgedError, for_each, probe
from course.deploy.review.headers import Visitor
from course.deploy.review.target import Target
from course.deploy.verify.doors import each_address_has_a_login_limit_of_its_own

BURST = 20  # logins at once: more than a pool has connections
LOGIN_SECONDS_MIN = 0.1  # a login that takes less holds nobody up
HELD_UP, HELD_UP_TIMES = 0.5, 3.0  # of a login's own time, and of what the health check takes otherwise
POOL_SECONDS_MIN, POOL_TIMES = 1.0, 3.0
MANY, EARLY, TOGETHER, ALONE_TIMES = 12, 2, 0.6, 3.0
PAIRS = 5
TELLS_TIMES, TELLS_SECONDS = 2.5, 0.03
GUESSES = 30
REFUSED = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.LOCKED, httpx.codes.FORBIDDEN)
OLD = re.compile(r"current|old|previous", re.IGNORECASE)
WEAK = ("", "1", "abc")


def seconds(call: Callable[[], httpx.Response]) -> float:
    """How long an answer takes, or how long it was waited for."""
    began = time.perf_counter()
    with suppress(httpx.HTTPError, BudgetError):
        call()
    return time.perf_counter() - began


@probe
def logins_hold_up_nobody(target: Target) -> list[Finding]:
    ana = target.ana
    alone = min(seconds(partial(target.log_in, ana)) for _ in range(3))
    if alone < LOGIN_SECONDS_MIN:
        raise NotJudgedError(f"a login takes {1000 * alone:.0f} ms, which holds nobody up")
    own = next((each for each in target.document.reads if each.is_protected), None)
    quiet = min(seconds(partial(target.ask, "GET", target.health)) for _ in range(PAIRS))
    for _ in range(2):
        health, healths, listing = _while_logging_in(target, ana, own)
        blocked = health > max(HELD_UP * alone, HELD_UP_TIMES * quiet)
        starved = listing > max(POOL_SECONDS_MIN, POOL_TIMES * alone, POOL_TIMES * healths)
        if not blocked and not starved:
            return []
    answer = target.log_in(ana)
    if blocked:
        came = f"while {BURST} log in, GET /health takes {health:.2f} s; one login takes {alone:.2f} s"
        return [target.seen("blocked-loop", answer, came)]
    name = own.name if own else ""
    came = f"while {BURST} log in, {name} takes {listing:.2f} s, and GET /health {healths:.2f} s (maxima)"
    return [target.seen("logins-hold-connections", answer, came)]


def _while_logging_in(target: Target, guest: Guest, own: Operation | None) -> tuple[float, float, float]:
    """While many log in, how long the health check takes (as a rule, at most), and a route that asks the database."""
    done = threading.Event()

    def logins() -> None:
        try:
            target.at_once([partial(target.log_in, guest)] * BURST)
        except (httpx.HTTPError, BudgetError):
            pass  # told by how long others have to wait
        finally:
            done.set()

    def ask(times: list[float], call: Callable[[], httpx.Response]) -> None:
        while not done.wait(0.02):
            times.append(seconds(call))

    health: list[float] = [0]
    listing: list[float] = [0]
    watching = [(health, partial(target.ask, "GET", target.health))]
    watching += [(listing, partial(target.send, own, guest=guest))] if own else []
    people = [threading.Thread(target=logins), *(threading.Thread(target=ask, args=each) for each in watching)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    return usual(health), max(health), max(listing)


def usual(times: list[float]) -> float:
    """How long whoever waits is waiting: half of all the waiting was in waits as long, or longer."""
    waited = 0.0
    for each in sorted(times, reverse=True):
        waited += each
        if waited >= sum(times) / 2:
            return each
    return 0.0


@probe
def passwords_worked_on_at_once(target: Target) -> list[Finding]:
    """Where few are, the early ones of many end soon, and the last much later; else all end together."""
    return for_each(target, [each for each in (target.register, target.login) if each], _hashed_at_once)


def _hashed_at_once(target: Target, operation: Operation) -> list[Finding]:
    ana = target.ana
    is_login = operation is target.login

    def ends(count: int) -> list[float]:
        """After how long each of so many that begin at once ends."""
        bodies = [target.login_body(ana) if is_login else target.registration() for _ in range(count)]
        answers = target.at_once([partial(target.send, operation, body=each) for each in bodies])
        return sorted(each.elapsed.total_seconds() for each in answers if each.is_success)

    alone = min(*ends(1), *ends(1), ANSWER_SECONDS)
    if not LOGIN_SECONDS_MIN < alone < ANSWER_SECONDS:
        return []
    for _ in range(2):
        many = ends(MANY)
        if len(many) < MANY or many[-1] < ALONE_TIMES * alone or many[EARLY] < TOGETHER * many[-1]:
            return []
    came = f"{MANY} at once end after {many[0]:.1f} to {many[-1]:.1f} s, one alone takes {alone:.2f} s"
    body = target.login_body(ana) if is_login else target.registration()
    return [target.seen("hashing-without-limit", target.send(operation, body=body), came)]


@probe
def the_time_of_a_login(target: Target) -> list[Finding]:
    for _ in range(2):
        guest = target.new_guest()
        known, unknown = [], []
        for number in range(PAIRS):
            wrong = f"not-the-one-{number}"
            known.append(seconds(partial(target.log_in, guest, wrong)))
            unknown.append(
                seconds(partial(target.log_in, guest, wrong, f"nobody-{number}-{guest.email or guest.username}"))
            )
        one, other = statistics.median(known), statistics.median(unknown)
        if max(one, other) < TELLS_TIMES * min(one, other) or abs(one - other) < TELLS_SECONDS:
            return []
    answer = target.log_in(guest, "not-the-one", f"nobody-{guest.email or guest.username}")
    came = (
        f"a wrong password takes {1000 * one:.0f} ms, a name that nobody has {1000 * other:.0f} ms (medians of {PAIRS})"
    )
    return [target.seen("timing", answer, came)]


@probe
def guesses_end(target: Target) -> list[Finding]:
    found = []
    guest = target.new_guest()
    answers = _guess(target, lambda number: target.log_in(guest, f"not-the-one-{number}"))
    if not any(each.status_code in REFUSED for each in answers) and target.log_in(guest).is_success:
        came = f"{len(answers)} wrong passwords, and then the right one was taken"
        found.append(target.seen("endless-guessing", answers[-1], came))
    elif target.login and target.login.is_form:
        visitor = Visitor(target)
        try:
            if seen := each_address_has_a_login_limit_of_its_own(visitor):
                # Some servers believe the headers of whoever asks from this machine, as they do their host's proxy.
                certain = target.served is not None or not environment.is_here(target.url)
                kind = "limit-by-header" if "makes up" in seen else "lockout"
                found.append(target.seen(kind, answers[-1], seen, certain=certain))
        except NotJudgedError as error:
            target.not_judged["whether each address has a login limit of its own"] = str(error)
        finally:
            visitor.leave()
    return found


def _guess(target: Target, call: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Many wrong passwords, ten at once."""
    return [
        answer
        for first in range(0, GUESSES, 10)
        for answer in target.at_once([partial(call, first + number) for number in range(10)])
    ]


@probe
def a_password_is_changed(target: Target) -> list[Finding]:
    """Who has a token may not guess the password, and an old token is worth nothing after a change."""
    changes = [
        each
        for each in target.document.operations
        if each.is_protected and not each.parameters and each.method in ("post", "put", "patch")
        if any(PASSWORD.search(name) and OLD.search(name) for name in each.fields)
    ]
    if not changes:
        raise NotJudgedError("no operation changes a password")
    return for_each(target, changes, _password_change)


def _password_change(target: Target, operation: Operation) -> list[Finding]:
    def change(guest: Guest, current: str) -> httpx.Response:
        names = [name for name in operation.fields if PASSWORD.search(name)]
        body = {name: current if OLD.search(name) else f"{guest.password}-new" for name in names}
        return target.send(operation, body=body, guest=guest)

    found = []
    guest = target.new_guest()
    route = next((each for each in target.document.reads if each.is_protected), None)
    if change(guest, guest.password).is_success and route:
        answer = target.send(route, guest=guest)
        if answer.is_success:
            came = f"{answer.status_code} for the token of before, though the password has changed"
            found.append(target.seen("old-token-stays", answer, came))
    other = target.new_guest()
    answers = _guess(target, lambda number: change(other, f"no-{number}"))
    ended = any(each.status_code in (*REFUSED, httpx.codes.UNAUTHORIZED) for each in answers)
    if not ended and change(other, other.password).is_success:
        came = f"{len(answers)} wrong passwords with a token, and then the right one was taken"
        found.append(target.seen("endless-guessing", answers[-1], came))
    return found


@probe
def passwords_that_are_taken(target: Target) -> list[Finding]:
    if target.register is None:
        raise NotJudgedError("there is no registration")
    found = []
    name = target.register.field(PASSWORD) or ""
    for weak in WEAK:
        body = {**target.registration(), name: weak}
        answer = target.send(target.register, body=body)
        if answer.is_success:
            found.append(target.seen("weak-password", answer, f"{answer.status_code}, for the password {weak!r}"))
            break
    long = "x" * 80
    body = {**target.registration(), name: long}
    if target.send(target.register, body=body).is_success:
        guest = target.guest_of(body)
        answer = target.log_in(guest, long[:72])
        if answer.is_success and target.log_in(guest, long).is_success:
            found.append(target.seen("password-cut", answer, "the first 72 of 80 characters are enough to log in"))
    target.errors.clear()  # a 500 for a long one is told where fields are tried
    return found
