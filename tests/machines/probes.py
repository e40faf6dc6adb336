"""What is tried on each machine: a command of the course, and what it comes to where nothing is odd."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from clone import BASE_PYTHON, Clone
from machine import start
from not_run import not_run

from course.deploy.rehearsal.host import has_ipv6
from course.environment import request
from course.machine import ports
from course.paths import ROOT
from course.stages import stage_by_id

SECONDS = 180  # for one command, on a machine that has other things to do
SERVED = re.compile(r"is served at (http://127\.0\.0\.1:\d+)")
LAB = re.compile(r"The notebooks are at (http\S+)/lab/tree/notebooks\?token=(\w+)")


@dataclass(frozen=True)
class Place:
    """A course on a machine: where its clone and its Python are, its variables, and what its shell does first."""

    env: dict[str, str]
    served: Mapping[str, str]  # by stage: where a clean machine's course serves it at this moment
    shell: str = ""
    clone: Path = ROOT
    python: str = sys.executable

    def command(self, *words: str) -> list[str]:
        command = [self.python, "-m", *words]
        return ["/bin/sh", "-c", f'{self.shell}\nexec "$@"', "sh", *command] if self.shell else command

    def run(self, *words: str, module: str = "course", **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(module, *words),
            cwd=self.clone,
            env={**self.env, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )

    def prints(self, expected: str, *words: str, module: str = "course", **variables: str) -> str:
        """What a command prints; fails here unless it went well and something of it is as expected."""
        done = self.run(*words, module=module, **variables)
        output = done.stdout + done.stderr
        closed = ">&-" in self.shell
        assert done.returncode == 0, output
        assert closed or re.search(expected, output), output
        return output

    def serves(self, *words: str) -> str:
        """What `course run` prints until it serves, and answers; fails here if it does not."""
        with start(self.command("course", "run", *words), cwd=self.clone, env=self.env) as call:
            url = call.until(SERVED.pattern)[1]
            assert request("GET", f"{url}/health").json() == {"ok": True}
            call.stop(signal.SIGINT)
        return call.output


Probe = Callable[[Place], str]


def free_port() -> tuple[str, str]:
    return "--port", str(ports.any_free())


def run(place: Place) -> str:
    return place.serves("04", *free_port())


def run_05a(place: Place) -> str:
    return place.serves("05a", *free_port())


def run_06(place: Place) -> str:
    return place.serves("06", *free_port())


def run_and_save(place: Place) -> str:
    """A file that is saved while the stage is served is served."""
    saved = stage_by_id("04").folder / "main_async.py"
    with start(place.command("course", "run", "04", *free_port()), cwd=place.clone, env=place.env) as call:
        call.until(SERVED.pattern)
        call.until("Ctrl-C ends it")
        saved.touch()
        call.until("detected changes")
        call.stop(signal.SIGINT)
    return call.output


def http(place: Place) -> str:
    return place.prints("200 OK", "http", "GET", "/health", **url_of("04", place))


def ws(place: Place) -> str:
    return place.prints("< Echo: hello", "ws", "/ws/notify", "hello", **url_of("05b", place))


def http_as_git_bash(place: Place) -> str:
    return place.prints("200 OK", "http", "C:/Program Files/Git/health", **url_of("04", place))


def http_as_msys(place: Place) -> str:
    return place.prints("401 Unauthorized", "http", "GET", "D:/tools/msys64/notes/1", **url_of("04", place))


def ws_as_git_bash(place: Place) -> str:
    path = "C:/Program Files/Git/ws/notify"
    return place.prints("< Echo: hello", "ws", path, "hello", **url_of("05b", place))


def http_on_ipv6(place: Place) -> str:
    """A server that IPv4 does not reach, as some hosts and containers have them."""
    if not has_ipv6():
        not_run("this machine has no IPv6", "switch ::1 on")
    with OnIPv6(("::1", 0), Health) as server:
        Thread(target=server.serve_forever).start()
        try:
            url = f"http://[::1]:{server.server_port}"
            return place.prints("200 OK", "http", "GET", "/health", COURSE_URL=url)
        finally:
            server.shutdown()


class OnIPv6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


class Health(BaseHTTPRequestHandler):
    """Answers as a stage does that is up."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, *_: object) -> None:
        pass


def url_of(stage_id: str, place: Place) -> dict[str, str]:
    return {} if "COURSE_URL" in place.env else {"COURSE_URL": place.served[stage_id]}


def verify(place: Place) -> str:
    return place.prints("1 of 1|kept", "verify", place.served["05b"], "--stage", "05b", "--only", "health")


def set_up(place: Place) -> str:
    """A first call in a new clone, and a second one, which has nothing to do."""
    clone = Clone(Path(place.env["COURSE_WORKSPACE"]).with_name("clone") / "course")
    there = replace(place, clone=clone.folder, python=BASE_PYTHON)
    done = there.run("run", "06")
    assert clone.works(done, "run", "06") or "2>&-" in place.shell, done.stdout + done.stderr
    again = there.run("run", "06")
    assert clone.works(again, "run", "06"), again.stdout + again.stderr
    return done.stdout + done.stderr


def lab(place: Place) -> str:
    """JupyterLab comes up, and a kernel of it runs a cell."""
    with start(place.command("course", "lab", "--no-browser", *free_port()), cwd=place.clone, env=place.env) as call:
        address, token = call.until(LAB.pattern).groups()
        key = {"Authorization": f"token {token}"}
        assert request("GET", f"{address}/api/contents/notebooks", headers=key).json()["content"]
        assert request("POST", f"{address}/api/kernels", headers=key, json={"path": "notebooks"}).status_code == 201
        call.stop(signal.SIGINT)
    return call.output


def overview(place: Place) -> str:
    return place.prints("The async notes API")


def sessions(place: Place) -> str:
    return place.prints(r"first_hour(?s:.*)rehearsal|rehearsal(?s:.*)first_hour", "test", "--list")


def overview_to_head(place: Place) -> str:
    piped = ["/bin/sh", "-c", '"$@" | head -1', "sh", *place.command("course")]
    done = subprocess.run(
        piped, cwd=place.clone, env=place.env, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
    assert done.returncode == 0
    return done.stdout + done.stderr


def doctor(place: Place) -> str:
    return place.prints("Nothing that the course needs is missing", "doctor")


def doctor_without_git(place: Place) -> str:
    output = doctor(place)
    assert re.search("git: install it: `course commit`.* the rest works without", output.replace("\n", " ")), output
    return output


def db_url(place: Place) -> str:
    return place.prints("postgresql://.*stage_04", "db", "url", "04")


def shell(place: Place) -> str:
    done = subprocess.run(
        place.command("course", "db", "shell", "04"),
        cwd=place.clone,
        env=place.env,
        input="select 6 * 7 as answer;\n",
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert "42" in done.stdout, done.stderr
    return done.stdout + done.stderr


def exec(place: Place) -> str:  # noqa: A001 (the command's own name)
    return place.prints("postgresql://", "exec", "--", *SHOW_URL, module="course.postgres")


SHOW_URL = (sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'])")


def check(place: Place) -> str:
    """The first step of 04, solved, and its tests run in a database of their own."""
    place.prints("", "start", "04")
    place.prints("", "solution", "--yes", "--write")
    return place.prints("passed|done", "check")


def check_settings(place: Place) -> str:
    """A step of 04 whose tests start from the app's settings, which the earlier steps have written."""
    place.prints("", "start", "04")
    for step in ("4.2e", "4.2a", "4.2b", "4.2c", "4.3c"):
        place.prints("", "solution", step, "--yes", "--write")
    return place.prints("Step 4.3c is done", "check", "4.3c")


def start_04(place: Place) -> str:
    return place.prints("steps to write", "start", "04")


def rehearse(place: Place) -> str:
    return place.prints("", "rehearse")
