"""`course review`: ask an app for all that a course can ask any app, and tell what was seen."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from course import environment
from course.deploy.review import (
    database_away,
    doors,
    growth,
    headers,
    hostile,
    keeping,
    limits,
    logins,
    migrations,
    races,
    report,
    secrets,
    sockets,
    start,
    stopping,
)
from course.deploy.review.answers import shown, tells
from course.deploy.review.asking import BudgetError
from course.deploy.review.finding import Finding, NotJudgedError, Probe, Seen, probes_of
from course.deploy.review.serving import Plan, plan, read_settings, served
from course.deploy.review.target import Target
from course.deploy.verify.asking import checked
from course.errors import CourseError, UsageError
from course.machine import set_up

GROUP = "fuzz"
# The order in which they ask: what fills the app, or stops it, last.
MODULES = (
    *(start, headers, doors, logins, keeping, races, limits, growth, sockets, hostile, secrets),
    *(database_away, migrations, stopping),
)
NEEDS_START = "it takes a folder, so that the review can start the app itself"


def review(
    what: str, *, as_json: bool, page: Path | None, minutes: float, requests: int, mine: bool, only: list[str]
) -> int:
    """Review an app in a folder or at an address, tell what was found, and return the exit status by its gravity."""
    _install()
    console = Console(stderr=True, highlight=False)
    console.print(f"At most {minutes:g} minutes and {requests:,} requests. What is written there is deleted again.")
    began = time.monotonic()
    with _target(what, minutes=minutes, requests=requests, mine=mine) as target:
        with console.status("Asking ...") as status:
            tell = (lambda text: status.update(f"Asking: {text} ...")) if console.is_terminal else console.print
            seen = ask(target, only, tell)
        begin = _begin(target)
        stays = target.leave()
    seconds = time.monotonic() - began
    asked = f"{target.requests:,} requests in {seconds:.0f} s, {target.written} rows written"
    left = f"what stays there: {', '.join(stays)}" if stays and not target.served else "nothing stays there"
    facts = {"target": what, "did": f"{asked}, {left}.", "begin": begin, "seconds": round(seconds, 1)}
    if page:
        page.write_text(report.as_html(facts, seen), encoding="utf-8")
        console.print(f"The report is in {page}.")
    sys.stdout.write(report.as_json(facts, seen) if as_json else report.as_text(facts, seen))
    return report.exit_status(seen)


def _install() -> None:
    """Add Schemathesis, which few learners need before. Raises CourseError if it can't be fetched."""
    try:
        set_up.add(GROUP)
    except CourseError as error:
        raise CourseError(f"A review needs Schemathesis, which can't be fetched now: {error}") from error


@contextmanager
def _target(what: str, *, minutes: float, requests: int, mine: bool) -> Iterator[Target]:
    seconds = 60 * minutes
    if "://" in what:
        url = checked(what)
        if not environment.is_here(url) and not mine:
            raise UsageError(
                f"{url} is not on this machine: a review writes there, and sends what breaks apps. Add "
                "--yes-it-is-mine if it is yours, and nobody works with it at this moment."
            )
        yield Target(url, read_settings(Path()), seconds=seconds, requests=requests)
        return
    folder = Path(what)
    if not folder.is_dir():
        raise UsageError(f"{what!r} is no folder and no address: give the app's folder, or http://127.0.0.1:8000.")
    with of_folder(plan(folder), seconds=seconds, requests=requests) as target:
        yield target


@contextmanager
def of_folder(plan: Plan, *, seconds: float, requests: int) -> Iterator[Target]:
    """The app of a folder, started."""
    with served(plan) as one:
        target = Target(one.url, plan.told, seconds=seconds, requests=requests, served=one)
        try:
            yield target
        finally:
            target.http.close()


def ask(target: Target, only: list[str], tell: Any = lambda text: None) -> Seen:
    """Ask all probes, or those with one of these words in their names. Raises CourseError if nobody answers."""
    try:
        target.document  # noqa: B018 (it is read)
    except NotJudgedError as error:
        raise CourseError(f"{target.url} can't be reviewed: {error}. review.toml may name it: document.") from error
    except httpx.HTTPError as error:
        raise CourseError(f"Nobody answers at {target.url} ({error}): is the app started?") from error
    probes = [each for module in MODULES for each in probes_of(module)]
    chosen = [each for each in probes if not only or any(word in each.name for word in only)]
    if not chosen:
        names = ", ".join(each.name for each in probes)
        raise UsageError(f"No probe has these words in its name: {', '.join(only)}. There are: {names}.")
    seen = Seen()
    for each in chosen:
        each.begin(target)
    for each in chosen:
        tell(each.name)
        if each.needs_start and not target.served:
            seen.not_judged[each.name] = NEEDS_START
            continue
        _ask(target, each, seen)
    seen.not_judged |= target.not_judged
    return seen


def _ask(target: Target, probe: Probe, seen: Seen) -> None:
    try:
        seen.findings += probe.ask(target)
    except (NotJudgedError, BudgetError) as error:
        seen.not_judged[probe.name] = str(error)
    except httpx.HTTPError as error:
        seen.not_judged[probe.name] = f"no answer ({type(error).__name__})"
    except Exception as error:  # an answer that nobody foresaw must not take the others' findings away
        seen.not_judged[probe.name] = f"the review did not understand an answer ({type(error).__name__}: {error})"
    else:
        seen.asked.append(probe.name)
    errors, target.errors = target.errors, []
    seen.findings += _of_errors(target, errors)
    if target.served and not target.served.is_up:
        seen.findings.append(Finding("server-gone", probe.name, "", "the server ended"))
        target.served.start()


def _of_errors(target: Target, errors: list[httpx.Response]) -> list[Finding]:
    """The 5xx that came while a probe asked for something else: of each field the first, seen a second time."""
    alike: dict[tuple[str, str], list[tuple[str, httpx.Response]]] = {}
    for each in errors:
        field, _, what = str(each.extensions.get("course", "")).rpartition(": ")
        alike.setdefault((target.seen("server-error", each).where, field), []).append((what, each))
    found = []
    for (_, field), answers in alike.items():
        first = answers[0][1]
        try:
            again = target.http.send(first.request)
        except (httpx.HTTPError, BudgetError, RuntimeError):
            continue
        whats = ", ".join(dict.fromkeys(what for what, _ in answers if what))
        sent = ": ".join(part for part in (field, whats) if part)
        came = f"{first.status_code}, for {sent}" if sent else f"{first.status_code}: {shown(first)}"
        certain = again.status_code == first.status_code
        came += "" if certain else f" (once; then {again.status_code})"
        found.append(target.seen("server-error", first, came, certain=certain))
        if tells(first):
            found.append(target.seen("talkative-5xx", first))
    target.errors.clear()
    return found


def _begin(target: Target) -> list[str]:
    """What sets the variables that the commands need."""
    lines = [f"URL={'http://127.0.0.1:8000  # where you have started it' if target.served else target.url}"]
    if target.register is None:
        return lines
    names = [guest.name for guest in target.guests]
    for name in dict.fromkeys(names):
        body = target.register.wrapped(target.registration())
        request = target.http.build_request("POST", target.register.path, json=body)
        more = " and may do more than others" if name == "ADMIN" else ""
        lines.append(f"# {name} is the token of somebody who registers{more}: {target.curl(request)}")
    return lines
