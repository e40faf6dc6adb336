"""Runs pytest many times, each in a process of its own, some of them at once: `python course_runs.py BATCH.json`.

Most of a short run is importing what all of them import: the web framework, the database's driver. So with `fork` each
run is a fork of this process, which has imported what the runs before it have imported. Without it each is a new
Python. It knows nothing of the course, so it works in any stage's environment.

BATCH.json has `fork`, `workers`, `gate` and `runs`, each with its own `folder`, where `log.txt`, `report.json` and, at
its end, `done.json` appear, its `cwd`, the `arguments` for pytest, the `seconds` after which it hangs, and the
`test_seconds` after which one of its tests does (None: there is no such limit), and `explain_first`. With `gate`
the first run comes alone. If it fails, there is no other; if it takes long, the others have three times as long.
"""

import gc
import inspect
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import course_report  # type: ignore[import-not-found]  # beside this program, which is no package
import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook

TICK_SECONDS = 0.5
GRACE_SECONDS = 5.0  # from the signal that asks a run to end to the one that makes it


def run(job: dict[str, Any]) -> None:
    """One run, and then the end of this process, whatever threads it has left."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # so that it can be ended with all that it starts
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    folder = Path(job["folder"])
    with (folder / "log.txt").open("wb") as log:
        for descriptor in (1, 2):
            os.dup2(log.fileno(), descriptor)
    os.chdir(job["cwd"])
    sys.path.insert(0, job["cwd"])
    sys.argv = ["pytest", *job["arguments"]]
    # As modules, not by -p: pytest would warn that it can't rewrite the asserts of what has been imported already.
    report = course_report.Report(folder / "report.json", job["test_seconds"], explain_first=job["explain_first"])
    plugins = [import_module("anyio.pytest_plugin"), report]
    exit_code = pytest.main([*job["arguments"], "--basetemp", str(folder / "tmp")], plugins)
    (folder / "modules.json").write_text(json.dumps(libraries()), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


def libraries() -> list[str]:
    """The modules that are no tests and no app, in the order in which they were imported."""
    return [
        name
        for name, module in sys.modules.copy().items()
        if course_report.is_library(module)
        and not isinstance(getattr(module, "__loader__", None), AssertionRewritingHook)
        and not name.startswith("__")
    ]


class Batch:
    """The runs that have not begun, and those that have not ended."""

    def __init__(self, batch: dict[str, Any]) -> None:
        self.waiting = batch["runs"]
        self.gate = batch["gate"]
        self.workers = batch["workers"]
        self.fork = batch["fork"]
        self.running: dict[BaseProcess, tuple[dict[str, Any], float]] = {}
        self.parent = os.getppid()
        self.stopped_by = 0

    def stop(self, signum: int, _frame: object) -> None:
        """Let the work end soon. Not at once: a run that has just been forked would not be among those that end."""
        self.stopped_by = signum

    def work(self) -> None:
        """Run them all, and leave none running."""
        try:
            while (self.waiting or self.running) and not self.stopped_by:
                while self.waiting and len(self.running) < (1 if self.gate else self.workers):
                    self.start(self.waiting.pop(0))
                wait([process.sentinel for process in self.running], TICK_SECONDS)
                for process, (job, begun) in list(self.running.items()):
                    overdue = time.monotonic() > begun + job["seconds"]
                    if overdue or not process.is_alive():
                        self.finish(process, overdue=overdue)
                if os.getppid() != self.parent:  # nobody waits for the results any more
                    return
        finally:
            for process in self.running:
                end(process)

    def start(self, job: dict[str, Any]) -> None:
        context = multiprocessing.get_context("fork" if self.fork else "spawn")
        process = context.Process(target=run, args=(job,))  # type: ignore[attr-defined]  # each kind has it
        process.start()
        self.running[process] = (job, time.monotonic())

    def finish(self, process: BaseProcess, *, overdue: bool) -> None:
        job, begun = self.running.pop(process)
        end(process)
        seconds = time.monotonic() - begun
        folder = Path(job["folder"])
        exit_code = None if overdue else process.exitcode
        if self.gate:
            self.gate = False
            self.waiting = (
                [] if exit_code else [each | {"seconds": max(each["seconds"], 3 * seconds)} for each in self.waiting]
            )
        done = folder / "done.tmp"
        done.write_text(json.dumps({"exit_code": exit_code, "seconds": seconds}), encoding="utf-8")
        done.replace(folder / "done.json")
        if self.waiting and self.fork and (folder / "modules.json").exists():
            self.learn(json.loads((folder / "modules.json").read_text(encoding="utf-8")))

    def learn(self, modules: list[str]) -> None:
        """Import what a run has imported, for those to come, and do once what each of them would do with it."""
        for name in modules:
            with suppress(Exception):  # then each run that needs it says what is wrong
                import_module(name)
        # Whoever looks for a line's source first finds out where each module lies: here by a file that is no module's.
        inspect.getmodule(compile("", "<nowhere>", "exec"))
        gc.freeze()  # pytest collects garbage as it ends: not again among all that was there before the fork
        self.fork = threading.active_count() == 1  # of a lock that another thread holds, a fork never gets hold


def end(process: BaseProcess) -> None:
    """End a run with all that it has started."""
    if process.is_alive():
        signal_group(process, signal.SIGTERM)
        process.join(GRACE_SECONDS)
    signal_group(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.join()


def signal_group(process: BaseProcess, signum: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of which only a zombie is left
        if hasattr(os, "killpg"):
            os.killpg(process.pid or 0, signum)
        else:
            process.kill()


if __name__ == "__main__":
    batch = Batch(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    for name in ("SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), batch.stop)
    batch.work()
    sys.exit(128 + batch.stopped_by if batch.stopped_by else 0)
