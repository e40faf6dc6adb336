"""The end: SIGTERM while people are being answered; and a rehearsed deployment, where there is one."""

import os
import subprocess
import sys
import threading
import time

import httpx

from course import environment
from course.deploy.review.finding import Finding, NotJudgedError, probe_of_own
from course.deploy.review.target import Target
from course.machine import processes
from course.paths import ROOT

LOGINS = 8
END_SECONDS = 15
BEGUN_SECONDS = 0.15  # the requests are with the server by then, and not answered yet
SAID_LINES = 3


@probe_of_own
def sigterm_under_load(target: Target) -> list[Finding]:
    one = target.served
    assert one
    assert one.child
    if os.name == "nt":
        raise NotJudgedError("Windows has no SIGTERM")
    ana = target.ana
    began = time.perf_counter()
    target.log_in(ana)
    if time.perf_counter() - began < BEGUN_SECONDS:
        raise NotJudgedError("no request takes long enough to be there when the signal comes")
    outcomes: list[str] = []

    def log_in() -> None:
        try:
            outcomes.append(str(target.log_in(ana).status_code))
        except httpx.HTTPError as error:
            outcomes.append(type(error).__name__)

    people = [threading.Thread(target=log_in) for _ in range(LOGINS)]
    for each in people:
        each.start()
    time.sleep(BEGUN_SECONDS)
    one.child.terminate()
    try:
        one.child.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        found = [Finding("does-not-end", "SIGTERM", "kill -TERM PID", f"still there after {END_SECONDS} s")]
    else:
        cut = [each for each in outcomes if not each.isdigit()]
        found = []
        if cut:
            came = f"{len(cut)} of {LOGINS} logins that had begun got no answer ({cut[0]})"
            found.append(Finding("cut-off", "SIGTERM", "kill -TERM PID", came))
    finally:
        one.stop()
        for each in people:
            each.join()
        one.start()
        target.errors.clear()
    return found


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
