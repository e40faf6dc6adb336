"""The start: variables that are missing or bad, and whether the app says so in one line."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course.deploy.review.finding import Finding, NotJudgedError, probe_of_own
from course.deploy.review.serving import Served
from course.deploy.review.target import Target
from course.machine import ports, processes, readiness

SHORT = "short"
NO_PART_OF_AN_APP = (".env", ".git", ".postgres", ".venv", "venv", "node_modules", "__pycache__")
PASSWORD_OF_URL = "a-password-of-a-url"  # noqa: S105 (which must not be shown)


@probe_of_own
def the_databases_url(target: Target) -> list[Finding]:
    one = _of(target)
    if not one.refused:
        return []
    return [
        Finding("plain-url-refused", "the start", _command(one, one.plan.database, "postgresql://..."), one.refused)
    ]


@probe_of_own
def variables_that_are_missing_or_bad(target: Target) -> list[Finding]:
    one, found = _of(target), []
    with _without_env(one.plan.folder) as folder:
        tried = [(*each, *_try(one, folder, *each[:2])) for each in _bad(target)]
    for name, value, if_it_starts, started, said in tried:
        command = _command(one, name, value)
        if started:
            if if_it_starts:
                what = "without it" if value is None else f"with {value!r}"
                found.append(Finding(if_it_starts, name, command, f"it starts {what}, and answers"))
            continue
        if "Traceback (most recent call last)" in said or name.lower() not in said.lower():
            shown = "a trace" if "Traceback" in said else f"not a word of {name}"
            lines = len(said.strip().splitlines())
            found.append(Finding("trace-at-start", name, command, f"{shown}: {lines} lines, at last {_last(said)}"))
        if PASSWORD_OF_URL in said:
            found.append(Finding("secret-in-log", name, command, "the database's password stands in what it says"))
    return found


def _bad(target: Target) -> Iterator[tuple[str, str | None, str]]:
    """A variable, its bad value (None: left out), and the kind of an app that starts with that."""
    one = _of(target)
    if one.between.was_used:
        yield one.plan.database, None, "starts-without"
        yield one.plan.database, f"nonsense:{PASSWORD_OF_URL}", ""
    else:
        target.not_judged[one.plan.database] = "the app has not asked its database, so it may not need the variable"
    try:
        signs = one.secret_signs(target.ana.token)
    except NotJudgedError:
        signs = False
    if signs:
        yield one.plan.secret, None, "starts-without"
        yield one.plan.secret, SHORT, "weak-secret"
    else:
        target.not_judged[one.plan.secret] = "no token is signed with it, so the app may not need the variable"


@contextmanager
def _without_env(folder: Path) -> Iterator[Path]:
    """The app's folder; if it has a `.env`, a copy without: no variable that stands there could be missing."""
    if not (folder / ".env").exists():
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="course-review-") as scratch:
        copy = Path(scratch, folder.name)
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns(*NO_PART_OF_AN_APP))
        yield copy


def _try(one: Served, folder: Path, name: str, value: str | None) -> tuple[bool, str]:
    """Start it in a folder, with one other variable: does it answer, and what does it say?"""
    port = ports.any_free()
    with tempfile.TemporaryDirectory(prefix="course-review-") as scratch:
        log = Path(scratch) / "start.log"
        with log.open("wb") as output:
            child = processes.start(one.command(port), cwd=folder, env=one.environment(**{name: value}), output=output)
        try:
            url = f"http://{ports.HOST}:{port}/"
            readiness.wait_until(lambda: readiness.answers(url), child, lambda: log.stat().st_size)
        except readiness.NotReadyError as error:
            if child.poll() is None:
                raise NotJudgedError(f"with another {name} the app neither starts nor ends") from error
            return False, log.read_text(encoding="utf-8", errors="replace")
        finally:
            processes.end(child, grace=2)
        return True, ""


def _of(target: Target) -> Served:
    assert target.served
    return target.served


def _command(one: Served, name: str, value: str | None) -> str:
    given = f"env -u {name}" if value is None else f"{name}={value}"
    return f"{given} uvicorn {one.plan.app}"


def _last(said: str) -> str:
    return next((line.strip()[:160] for line in reversed(said.splitlines()) if line.strip()), "nothing")
