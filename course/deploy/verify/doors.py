"""Doors that people forget to lock when they deploy. No client relies on them, so the contract's suites pass them by.

Each is tried from outside, as anybody could, and so only as far as can be seen from there: what can't be is told as not
judged. A door's function returns what was seen of it if it is open, and nothing if it is locked.
"""

import math
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from course.deploy.verify.caller import LOGINS, Caller, NotJudgedError, bearer, claims
from course.stages import STAGES, Stage

WITH_USERS = tuple(stage.id for stage in STAGES if stage.home)
TURNS = 8  # requests with one token, each on a connection of its own, so that each may meet another replica
CLOCKS_APART_SECONDS = 5
TOKEN_HOURS_MAX = 24
WRONG_PASSWORDS_MAX = 10
# The quickest processors of today take 35 ms for 10 rounds of bcrypt, the least that OWASP advises.
HASH_SECONDS_MIN, HASH_SECONDS_CLEAR = 0.02, 0.1
LOGINS_MAX = 30
# /health and /health/ready are asked by turns, so many times in a round, until it is clear which of them asks more.
ROUND, ROUNDS_MAX = 40, 8
DATABASE_SECONDS_MIN = 0.0003  # the quickest question to a database on the same machine
ADDRESS_HEADERS = ("X-Forwarded-For", "X-Real-IP")
ELSEWHERE = "https://elsewhere.example"
TELLTALE_PATHS = (
    *("/env", "/.env", "/debug", "/debug/vars", "/config", "/config.json", "/settings", "/vars", "/variables", "/info"),
    *("/status", "/health/env", "/health/config", "/actuator/env", "/.git/config"),
)
SECRETS = re.compile(
    r"(?P<name>DATABASE_URL|DATABASE_DIRECT_URL|JWT_SECRET(?:_PREVIOUS)?|SECRET_KEY|PGPASSWORD|POSTGRES_PASSWORD)"
    r"[\"']?\s*[:=]\s*[\"']?[^\s\"',}*]{6,}|(?P<url>postgres(?:ql)?(?:\+\w+)?://[^\s:/@]+:[^\s@*]+@)",
    re.IGNORECASE,
)
TURNS_POST_INTO_GET = (301, 302, 303)


@dataclass(frozen=True)
class Door:
    """One door: how it is tried, how it is locked, and which broken promises it explains when it is open."""

    attempt: Callable[[Caller], str]
    fix: str
    stages: tuple[str, ...]
    explains: str  # a pattern that a broken promise's own words must have in them; empty if it explains none

    @property
    def test(self) -> str:
        """Its name, as promises have theirs."""
        return f"doors.py::{self.attempt.__name__}"


DOORS: list[Door] = []


def door(
    fix: str, *, stages: tuple[str, ...] = WITH_USERS, explains: str = ""
) -> Callable[[Callable[[Caller], str]], Callable[[Caller], str]]:
    """Put a function among the doors, the likeliest cause of what is wrong first."""

    def add(attempt: Callable[[Caller], str]) -> Callable[[Caller], str]:
        DOORS.append(Door(attempt, fix, stages, explains))
        return attempt

    return add


@door("Let the host keep the time of its machines, and deploy again; `leeway` forgives some seconds", explains="401")
def replicas_have_one_time(caller: Caller) -> str:
    ahead = [login.ahead for login in caller.logins]
    apart = max(ahead) - min(ahead) - max(login.seconds for login in caller.logins)
    return f"tokens of one moment have times that are {apart:.0f} s apart" if apart > CLOCKS_APART_SECONDS else ""


@door(
    "Set JWT_SECRET once, as a variable of the service and not of a replica, and deploy all replicas again",
    explains="401",
)
def replicas_have_one_secret(caller: Caller) -> str:
    if replicas_have_one_time(caller):
        return ""  # that explains it
    for login in caller.logins[:2]:
        asked = [caller.alone("GET", caller.home, headers=bearer(login.token)).status_code for _ in range(TURNS)]
        if 0 < (refused := asked.count(httpx.codes.UNAUTHORIZED)) < TURNS:
            return f"one and the same token was taken {TURNS - refused} times and refused {refused} times (401)"
    return ""


@door("Let /health/ready ask the database, and answer 503 while it can't work", stages=("06",))
def being_ready_takes_a_database(caller: Caller) -> str:
    nonsense = f"/health/ready-{secrets.token_hex(4)}"
    if (answer := caller.http.get(nonsense)).status_code == httpx.codes.OK:
        return f"GET {nonsense}, which nobody has written, is answered {answer.status_code} too"
    longer: list[float] = []
    for _ in range(ROUNDS_MAX):
        longer += [caller.seconds("/health/ready") - caller.seconds("/health") for _ in range(ROUND)]
        low, high = median_between(longer)
        if low > DATABASE_SECONDS_MIN:
            return ""
        if high < DATABASE_SECONDS_MIN:
            return "GET /health/ready is as quick as /health, which asks nobody: no database was asked in that time"
    raise NotJudgedError(
        f"/health/ready takes {1000 * low:.1f} to {1000 * high:.1f} ms longer than /health, which is no clear answer"
    )


def median_between(values: list[float]) -> tuple[float, float]:
    """Two numbers that the median of such values is between, in all but one of a thousand cases, whatever the noise."""
    ordered, count = sorted(values), len(values)
    margin = math.ceil(3.3 * math.sqrt(count) / 2)
    return ordered[count // 2 - margin], ordered[count // 2 + margin]


@door(
    "Set TRUSTED_PROXIES to the network of the host's own proxies, and to no more: then the address that they give "
    "is believed, and nobody else's",
    stages=("06",),
    explains="429",
)
def each_address_has_a_login_limit_of_its_own(caller: Caller) -> str:
    form = {"username": f"nobody-{secrets.token_hex(8)}@example.com", "password": "not the one"}
    with caller.ways() as (one, other):

        def refused(**headers: str) -> bool:
            answer = one.post(caller.login_path, data=form, headers=headers)
            return answer.status_code == httpx.codes.TOO_MANY_REQUESTS

        tries = range(WRONG_PASSWORDS_MAX + 1)
        made_up = [dict.fromkeys(ADDRESS_HEADERS, f"203.0.113.{number}") for number in tries]
        if not any(refused(**each) for each in made_up):
            if any(refused() for _ in tries):
                return f"who makes up another {' or '.join(ADDRESS_HEADERS)} each time may try passwords without an end"
            raise NotJudgedError("however many wrong passwords are sent, there is no 429")
        if other.post(caller.login_path, data=form).status_code == httpx.codes.TOO_MANY_REQUESTS:
            return "ten wrong passwords from one address lock the account for another address too"
    return ""


@door("Take the route away, or what it shows; then change every secret that it has shown: it counts as known")
def nothing_shows_the_variables(caller: Caller) -> str:
    paths = [
        path
        for path, operations in caller.document.get("paths", {}).items()
        if "get" in operations and "{" not in path and path.rpartition("/")[2] not in ("me", "posts", "users", "notes")
    ]
    for path in dict.fromkeys((caller.document_path, *TELLTALE_PATHS, *paths)):
        answer = caller.http.get(path)
        if answer.status_code == httpx.codes.OK and (found := SECRETS.search(answer.text)):
            return f"GET {path} shows {found['name'] or 'the address of a database with its password'} to everybody"
    return ""


@door("Name the origins that may, one by one; with a bearer token no page needs `allow_credentials`")
def no_other_site_asks_with_credentials(caller: Caller) -> str:
    for origin in (ELSEWHERE, "null"):
        for method, more in (("GET", {}), ("OPTIONS", {"Access-Control-Request-Method": "GET"})):
            headers = caller.http.request(method, caller.home, headers={"Origin": origin, **more}).headers
            allowed = headers.get("access-control-allow-origin")
            if allowed in (origin, "*") and headers.get("access-control-allow-credentials") == "true":
                return f"{method} {caller.home} with Origin: {origin} allows {allowed}, with credentials"
    return ""


@door("Let a token live for an hour, or a day (JWT_EXPIRES_MINUTES): who finds it has it for as long")
def a_token_ends_soon(caller: Caller) -> str:
    said = claims(caller.token)
    if "exp" not in said:
        return "a token has no time at which it expires"
    hours = (said["exp"] - said.get("iat", time.time())) / 3600
    return f"a token is good for {hours / 24:.0f} days" if hours > TOKEN_HOURS_MAX else ""


@door("Set BCRYPT_ROUNDS to 12, or leave it out: fewer rounds are for tests, where no password is worth anything")
def a_password_is_dear_to_guess(caller: Caller) -> str:
    alive = min(caller.seconds("/health") for _ in range(2 * LOGINS))
    seconds = [login.seconds for login in caller.logins]
    # What is in the way only adds: one quick login is enough to know, and where none is for certain, more are tried.
    while HASH_SECONDS_MIN <= min(seconds) - alive < HASH_SECONDS_CLEAR and len(seconds) < LOGINS_MAX:
        seconds.append(caller.log_in().seconds)
    longer = min(seconds) - alive
    if longer >= HASH_SECONDS_MIN:
        return ""
    return (
        f"a login takes {1000 * max(longer, 0):.0f} ms longer than /health: "
        "no processor does 10 rounds of bcrypt in that time"
    )


@door("Let the app answer each path itself, or redirect by 307 or 308, which keep the method and the body")
def no_redirect_swallows_a_post(caller: Caller) -> str:
    path = f"{caller.login_path}/"
    answer = caller.http.post(path, data={"username": "nobody@example.com", "password": "not the one"})
    where = answer.headers.get("location", "")
    if answer.status_code in TURNS_POST_INTO_GET:
        return f"POST {path} is answered {answer.status_code} to {where}: clients follow it by a GET"
    if answer.is_redirect and where.startswith("http:") and caller.url.startswith("https:"):
        return f"POST {path} is answered {answer.status_code} to {where}: http, where the host answers by a 301"
    return ""


@door("Leave the docs on: the routes are no secret, and a client can't be written without them")
def the_docs_are_there(caller: Caller) -> str:
    for path in (caller.document_path, caller.docs):
        if (answer := caller.http.get(path)).status_code != httpx.codes.OK:
            return f"GET {path} is answered {answer.status_code}"
    return ""


@door("Give a cookie HttpOnly, Secure and SameSite, or set none: the token goes in a header")
def a_cookie_is_well_kept(caller: Caller) -> str:
    caller.http.get("/")
    caller.logins  # noqa: B018 (it logs in)
    wanted = ("HttpOnly", "SameSite", "Secure") if caller.url.startswith("https:") else ("HttpOnly", "SameSite")
    for name, said in caller.cookies.items():
        if missing := [each for each in wanted if each.lower() not in said.lower()]:
            return f"the cookie {name} is set without {' and '.join(missing)}"
    return ""


@dataclass
class Tried:
    """What came of the doors."""

    open: dict[str, str] = field(default_factory=dict)  # by the door's test: what was seen
    locked: list[str] = field(default_factory=list)
    not_judged: dict[str, str] = field(default_factory=dict)
    commit: str = ""
    accounts: int = 0  # that stay


def named(stage: Stage, words: list[str]) -> list[Door]:
    """The doors of a stage; with words, those that have one of them in their name."""
    pattern = re.compile("|".join(words))
    return [each for each in DOORS if stage.id in each.stages and pattern.search(each.attempt.__name__)]


def attempt(url: str, stage: Stage, doors: list[Door]) -> Tried:
    """Try the doors, and let nothing behind."""
    tried = Tried()
    caller = Caller.of(stage, url)
    try:
        tried.commit = caller.commit
        for each in doors:
            try:
                seen = each.attempt(caller)
            except NotJudgedError as error:
                tried.not_judged[each.test] = str(error)
            except httpx.HTTPError as error:
                tried.not_judged[each.test] = f"no answer ({type(error).__name__})"
            else:
                if seen:
                    tried.open[each.test] = seen
                else:
                    tried.locked.append(each.test)
    finally:
        caller.leave()
    tried.accounts = caller.accounts
    return tried
