"""The end: SIGTERM while people are being answered; and a rehearsed deployment, where there is one."""

import os
import subprocess
import sys
import threading
import time
from functools import partial
from typing import Any

import httpx

from course import environment
from course.deploy.review.asking import BudgetError
from course.deploy.review.finding import Finding, NotJudgedError, probe_of_own
from course.deploy.review.target import Target
from course.machine import processes
from course.paths import ROOT

LOGINS = 6
END_SECONDS = 25
BEGUN_SECONDS = 5  # for all of them to reach the database
BEGUN_MORE_SECONDS = 0.05  # where one login asks it more than once
POLL_SECONDS = 0.005
SAID_LINES = 3


@probe_of_own
def sigterm_under_load(target: Target) -> list[Finding]:
    one = target.served
    assert one
    assert one.child
    if os.name == "nt":
        raise NotJudgedError("Windows has no SIGTERM")
    guest = target.new_guest()  # somebody else's wrong passwords may be counted by now
    one.between.statements.clear()
    if target.login is None or not target.log_in(guest).is_success or not one.between.statements:
        raise NotJudgedError("no login asks the database, by which it is seen that it has begun")
    body = target.login.wrapped(target.login_body(guest))
    given: dict[str, Any] = {"data" if target.login.is_form else "json": body}
    log_in = partial(target.http.request, "POST", target.login.path, **given)  # once: `ask` would try again
    outcomes: list[str] = []

    def outcome() -> None:
        try:
            outcomes.append(str(log_in().status_code))
        except (httpx.HTTPError, BudgetError) as error:
            outcomes.append(type(error).__name__)

    target.at_once([partial(target.ask, "GET", target.health)] * LOGINS)  # opens connections
    one.between.statements.clear()
    people = [threading.Thread(target=outcome) for _ in range(LOGINS)]
    for each in people:
        each.start()
    until = time.monotonic() + BEGUN_SECONDS
    while len(one.between.statements) < LOGINS and time.monotonic() < until and any(each.is_alive() for each in people):
        time.sleep(POLL_SECONDS)
    time.sleep(BEGUN_MORE_SECONDS)
    begun = len(one.between.statements) >= LOGINS and not outcomes
    one.child.terminate()
    try:
        one.child.wait(END_SECONDS)
        ended = True
    except subprocess.TimeoutExpired:
        ended = False
    one.stop()
    for each in people:
        each.join()
    one.start()
    target.errors.clear()
    if not ended:
        return [Finding("does-not-end", "SIGTERM", "kill -TERM PID", f"still there after {END_SECONDS} s")]
    if not begun:
        raise NotJudgedError("some were answered before the signal came")
    if cut := [each for each in outcomes if not each.startswith("2")]:  # a status, or what became of the connection
        came = f"{len(cut)} of {LOGINS} logins that had begun got no good answer ({cut[0]})"
        return [Finding("cut-off", "SIGTERM", "kill -TERM PID", came)]
    return []


@probe_of_own
def a_rehearsed_deployment(target: Target) -> list[Finding]:
    assert target.served
    folder = target.served.plan.folder
    if not (folder / "deployment.toml").exists():
        raise NotJudgedError("no deployment.toml says how it is deployed, so `course rehearse` can't play it")
    command = [sys.executable, "-m", "course", "rehearse", str(folder)]
    log = target.served.log.with_name("rehearsal.log")
    status = processes.run_apart(command, log=log, cwd=ROOT, env=environment.child())
    if not status:
        return []
    said = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return [Finding("rehearsal-fails", "course rehearse", f"course rehearse {folder}", " ".join(said[-SAID_LINES:]))]
