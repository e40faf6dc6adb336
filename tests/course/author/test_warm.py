"""A program that begins as a fork is what a new Python would be, and has its libraries already."""

import json
import subprocess
import sys

import pytest

from course.author import warm
from course.paths import ROOT

pytestmark = pytest.mark.skipif(not warm.CAN_FORK, reason="where nothing is forked, each program is a new Python")

LIBRARY = "wave"  # of Python's own, which nobody imports
# A process with one thread, which pytest may not be: it starts a program as a fork, and as a new Python. What the
# process itself is must not be seen in either.
PARENT = f"""
import json, os, re, signal, subprocess, sys, threading, warnings
sys.path.insert(0, {str(ROOT)!r})
from course.author import warm

words, given, busy = json.loads(sys.argv[1])
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, lambda *_: None)
os.environ["OF_THE_PARENT"] = "1"
warnings.simplefilter("error")
sys.meta_path.insert(0, type("Finder", (), {{"__module__": "_pytest.assertion", "find_spec": lambda *_: None}})())
env = {{name: value for name, value in os.environ.items() if name != "OF_THE_PARENT"}} | {{"OF_THE_CHILD": "é"}}
release = threading.Event()
thread = threading.Thread(target=release.wait)
if busy == "before":
    thread.start()
came = []
for programs in ("-[cm] ", "nothing"):
    with warm.pythons(re.compile(programs), ["{LIBRARY}"]):
        if busy == "meanwhile" and not thread.is_alive():
            thread.start()
        how = dict(input=given, capture_output=True, encoding="utf-8", env=env, cwd="/", process_group=0)
        done = subprocess.run([sys.executable, *words], **how)
    came.append([done.returncode, done.stdout, done.stderr])
release.set()
print(json.dumps(came))
"""
TELLS = """
import atexit, json, os, signal, sys, warnings
atexit.register(lambda: print("its end"))
print(json.dumps([
    os.getppid(), sys.argv, sys.path, sys.stdin.read(), __name__, os.environ.get("OF_THE_PARENT"),
    os.environ["OF_THE_CHILD"], os.getcwd(), os.getpgrp() == os.getpid(),
    sorted(map(int, os.listdir("/proc/self/fd")))[:3],
    len(os.listdir("/proc/self/fd")), str(signal.getsignal(signal.SIGINT)), str(signal.getsignal(signal.SIGTERM)),
    sorted(name for name in sys.modules if name.startswith("course")), sys.orig_argv,
    [(action, category.__name__) for action, _, category, module, _ in warnings.filters if not module],
    [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path],
]))
"""


Came = tuple[int, str, str]  # exit status, output, errors


def forked_and_new(*words: str, given: str = "", busy: str = "") -> tuple[Came, Came]:
    """What came of a program as a fork, and as a new Python."""
    command = [sys.executable, "-c", PARENT, json.dumps([words, given, busy])]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    forked, new = json.loads(done.stdout)
    return tuple(forked), tuple(new)


HAS = f"import sys; print({LIBRARY!r} in sys.modules)"


@pytest.mark.parametrize("busy", ["", "meanwhile"])
def test_it_is_told_what_a_new_python_is_told_and_nothing_of_the_parents(busy: str) -> None:
    forked, new = forked_and_new("-c", TELLS, "an argument", given="é\n", busy=busy)
    assert forked == new
    assert forked[0] == 0, forked


def test_it_has_the_libraries() -> None:
    forked, new = forked_and_new("-c", HAS)
    assert (forked[1], new[1]) == ("True\n", "False\n")


@pytest.mark.parametrize(
    "code", ["raise SystemExit(3)", "raise SystemExit('a sentence')", "import os; os.kill(os.getpid(), 15)", "1 / 0"]
)
@pytest.mark.parametrize("busy", ["", "meanwhile"])
def test_it_ends_as_a_new_python_does(code: str, busy: str) -> None:
    forked, new = forked_and_new("-c", code, busy=busy)
    assert forked[0] == new[0] != 0
    assert forked[2].splitlines()[-1:] == new[2].splitlines()[-1:]


def test_a_module_is_run_as_a_program() -> None:
    forked, new = forked_and_new("-m", "json.tool", given='{"a": 1}')
    assert forked == new
    assert forked[0] == 0, forked


def test_where_another_thread_was_there_before_it_is_a_new_python() -> None:
    forked, _ = forked_and_new("-c", HAS, busy="before")
    assert forked[1] == "False\n"


def test_where_another_thread_has_come_meanwhile_one_that_was_kept_aside_forks() -> None:
    forked, _ = forked_and_new("-c", HAS, busy="meanwhile")
    assert forked[1] == "True\n"


@pytest.mark.parametrize("busy", ["", "meanwhile"])
def test_what_it_starts_itself_is_a_fork_too(busy: str) -> None:
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HAS!r}])"
    forked, _ = forked_and_new("-c", program, busy=busy)
    assert forked[1] == "True\n"
