"""What can be seen of other systems on this one: nothing of the course needs what Windows does not have."""

import subprocess
import sys

from course import environment
from course.paths import ROOT

WITHOUT_POSIX = """
import asyncio, importlib, multiprocessing.util, os, pathlib, pkgutil, signal, subprocess, sys, tempfile
import psutil, pytest  # which know their systems
try:
    import matplotlib.pyplot, nbclient, nbconvert  # as these do, where they are installed
except ModuleNotFoundError:
    pass

for name in ("SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGALRM", "SIGCHLD", "alarm", "pthread_sigmask"):
    vars(signal).pop(name, None)
posix = ("killpg", "getpgrp", "getpgid", "setpgid", "setsid", "fork", "geteuid", "getuid", "getgid", "chown", "uname")
for name in (*posix, "tcgetpgrp", "mkfifo", "getloadavg", "sched_getaffinity", "O_CLOEXEC"):
    vars(os).pop(name, None)
for name in ("fcntl", "_posixsubprocess", "pwd", "grp", "resource", "termios", "tty", "pty", "readline"):
    sys.modules[name] = None
import course

for module in pkgutil.walk_packages(course.__path__, "course."):
    if not any(copied in module.name for copied in ("template", "pytest_plugin", "hooks", "try_examples")):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:  # of what is installed when it is first asked for
            if error.name.partition(".")[0] not in ("matplotlib", "nbclient", "nbconvert", "nbformat"):
                raise
        print(module.name)
"""


def test_no_module_of_the_course_needs_what_only_posix_has_before_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX],
        cwd=ROOT,
        env=environment.child(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "course.machine.embedded" in done.stdout
    assert "course.deploy.rehearsal.host" in done.stdout
