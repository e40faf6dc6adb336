"""`course run --workspace` and `course run --bug`: serving a student's own copy, or one with a fault in it."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

from course import environment
from course.errors import CourseError
from course.machine import ladder
from course.machine.material.bugs import broken_copy
from course.machine.material.data import load
from course.machine.material.testing import JWT_SECRET
from course.machine.material.workspace import Workspace
from course.machine.run import serve
from course.stages import Stage


def serve_workspace(stage: Stage, port: int, app: str | None = None) -> int:
    """Serve the student's own copy, or another app in it, until Ctrl-C.

    Raises CourseError, with what is in the way, if it can't start.
    """
    workspace = Workspace(stage)
    workspace.require()
    if fault := workspace.syntax_fault():
        raise CourseError(f"Your app can't start: {fault}.")
    own = replace(stage, path=str(workspace.folder), title=f"Your copy of stage {stage.id}")
    if app is not None:
        own = replace(own, app=app, title=f"Your {app}", migrations=False, demo=False)
    _try_import(own)
    return serve(own, port)


def serve_bugs(stage: Stage, bug_ids: Sequence[str], port: int) -> int:
    """Serve a copy of the reference with bugs in it until Ctrl-C, on a database that goes with it."""
    learning = load(stage.folder)
    bugs = [learning.bug(bug_id) for bug_id in bug_ids]
    with broken_copy(stage, bugs) as folder, ladder.fresh_database() as url:
        broken = replace(
            stage, path=str(folder), title=f"Stage {stage.id} with the bug {' and '.join(bug_ids)}", demo=False
        )
        os.environ |= {"DATABASE_URL": url, "COURSE_POSTGRES": "url"}  # for this process, which does nothing else
        return serve(broken, port, edited=False)


def _try_import(stage: Stage) -> None:
    """Import the app once: a server with reload would wait for an app that can't start, behind a long traceback."""
    module = stage.app.partition(":")[0]
    env = environment.child(DATABASE_URL="postgresql://nobody@127.0.0.1/nothing", JWT_SECRET=JWT_SECRET)
    command = [sys.executable, "-c", f"import {module}"]
    result = subprocess.run(
        command, cwd=stage.folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if result.returncode == 0:
        return
    last = (result.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    if step := re.fullmatch(r"NotImplementedError: step (?P<id>[^:]+): (?P<title>.*)", last):
        raise CourseError(f"Your app can't start before step {step['id']} is written: {step['title']}.")
    raise CourseError(f"Your app can't start: {last}")
