"""`course doctor`: what is there on this machine, what is missing, and how to fix it. It tries what the course does."""

import getpass
import http.server
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from course import environment
from course.errors import CourseError
from course.machine import browsers, embedded, git, ladder, set_up
from course.machine.ports import FIRST_PORT, HOST, is_free
from course.paths import ROOT, home

DISK_NEEDED_MB = 500
OPEN_FILES_NEEDED = 256
PATH_CHARACTERS = 160  # of the course's folder on Windows, which allows 260 to a file
PACKAGES = "Packages"
PACKAGES_FIRST = "the packages come first; then look again: this look needs them."
SYNCHRONISED = re.compile(r"OneDrive|Dropbox|iCloud|Mobile Documents|Google Drive", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    there: bool
    detail: str
    fix: str = ""
    needed: bool = True  # without it, the course can't be done; otherwise a part of it


def find_all() -> Iterator[Finding]:
    """Each finding as soon as it is there; a look that fails is one too, and the others go on."""
    complete = True
    for look in LOOKS:
        try:
            found = look()
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            fix = f"the look itself failed ({why}): tell it in an issue, with what `course doctor --json` prints."
            found = [Finding(look.__name__.strip("_").replace("_", " ").capitalize(), False, "not known", fix)]
        if look in BY_PACKAGES and not complete:
            found = [each if each.there else replace(each, fix=PACKAGES_FIRST, needed=False) for each in found]
        complete = complete and all(each.there for each in found if each.what == PACKAGES)
        yield from found


def show(*, as_json: bool = False) -> int:
    """Print the findings, and return 1 if something is missing that is needed, else 0."""
    findings = find_all() if as_json else _shown_one_by_one()
    found = list(findings)
    missing = any(each.needed and not each.there for each in found)
    if as_json:
        told = [asdict(each) | {"fix": "" if each.there else each.fix} for each in found]
        told = [{key: without_names(value) for key, value in each.items()} for each in told]
        machine = {"system": platform.platform(), "machine": platform.machine(), "findings": told}
        sys.stdout.write(json.dumps(machine, indent=2, ensure_ascii=False) + "\n")
        return int(missing)
    from rich.console import Console

    console = Console()
    for each in found:
        if not each.there:
            console.print(f"{each.what}: {each.fix}", markup=False, highlight=False)
    if not missing:
        console.print("Nothing that the course needs is missing.")
    return int(missing)


def _shown_one_by_one() -> Iterator[Finding]:
    """The findings, each printed as soon as it is there: some looks take seconds."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for each in find_all():
        state = "[green]ok[/]" if each.there else "[red]missing[/]" if each.needed else "[yellow]not there[/]"
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_column(width=len("not there"))
        line.add_column(width=len("This machine's own address"))
        line.add_row(state, Text(each.what), Text(each.detail))
        console.print(line)
        yield each


def without_names(value: object) -> object:
    """A finding's text with nothing in it that is nobody else's business: no user, no machine, no address, no path."""
    if not isinstance(value, str):
        return value
    text = re.sub(r"\b[a-z][a-z+]*://[^\s,;)]+|\b\d{1,3}(?:\.\d{1,3}){3}\b", "<address>", value)
    names = {str(home()): "<data>", str(ROOT): "<course>", tempfile.gettempdir(): "<temporary>"}
    with suppress(RuntimeError):
        names[str(Path.home())] = "~"
    for name, shown in names.items():
        text = text.replace(name, shown) if len(name) > 1 else text
    people = [platform.node()]
    with suppress(ValueError):  # what is no URL has no names
        given = urlsplit(os.environ.get("DATABASE_URL", ""))
        people += [given.hostname or "", given.username or "", given.password or "", given.path.strip("/")]
    with suppress(KeyError, OSError):
        people.append(getpass.getuser())
    for name in filter(None, people):
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "<name>", text)
    return text


def _python() -> list[Finding]:
    version = f"{platform.python_version()}, in {Path(sys.prefix).name}"
    installer = "uv" if shutil.which("uv") else "pip"
    try:
        set_up.check_imports()
    except CourseError as error:
        packages = Finding(PACKAGES, False, "incomplete", str(error))
    else:
        packages = Finding(PACKAGES, True, f"complete, installed by {installer}")
    return [Finding("Python", True, version), packages]


def _variables() -> list[Finding]:
    """What was left out of the environment, and what would keep a download from its source."""
    left_out = environment.left_out()
    certificates = [name for name in left_out if name.upper() in environment.CERTIFICATES]
    others = [name for name in left_out if name not in certificates]
    found = [Finding("Variables", True, f"left out: {', '.join(others)}")] if others else []
    if certificates:
        fix = f"unset {' and '.join(certificates)}, or name a file that is there; until then the course leaves it out."
        found.append(Finding("Certificates", False, f"{', '.join(certificates)}: no such file", fix, needed=False))
    proxies = {name: value for name, value in os.environ.items() if name.lower() in environment.PROXIES}
    if socks := [name for name, value in proxies.items() if value.startswith("socks")]:
        fix = f"pip can't download through it: set HTTPS_PROXY to an http:// one, or unset {' and '.join(socks)}."
        found.append(Finding("Proxy", False, f"{', '.join(socks)}: a SOCKS proxy", fix, needed=False))
    elif proxies:
        found.append(Finding("Proxy", True, f"{', '.join(proxies)}, for downloads alone"))
    return found


def _folder() -> list[Finding]:
    """Where the clone lies."""
    if SYNCHRONISED.search(str(ROOT)):
        fix = "move the course out of it: such a folder takes files away while they are in use."
        return [Finding("Folder", False, "in a folder that a cloud service keeps", fix, needed=False)]
    if os.name == "nt" and len(str(ROOT)) > PATH_CHARACTERS:
        fix = f"move the course to a folder with a path of fewer than {PATH_CHARACTERS} characters."
        return [Finding("Folder", False, f"a path of {len(str(ROOT))} characters", fix)]
    for folder in (ROOT, home()):
        if not os.access(folder, os.W_OK):
            fix = f"give {folder} to this user, or copy the course to a folder that you may write to."
            return [Finding("Folder", False, "can't be written", fix)]
    return [Finding("Folder", True, "can be written")]


def _git() -> list[Finding]:
    if not git.program():
        fix = (
            "install it: `course commit`, bringing in what the course has changed where you have changed it too, and "
            "`course rehearse` need it; the rest works without."
        )
        return [Finding("git", False, "not installed", fix, needed=False)]
    try:
        is_shallow = git.output(ROOT, "rev-parse", "--is-shallow-repository").strip() == b"true"
    except git.GitError as error:
        fix = f"git can't read this clone: {error.reason}."
        return [Finding("git", False, "can't read this clone", fix, needed=False)]
    if is_shallow:
        fix = "`git fetch --unshallow` brings the commits that `course rehearse` deploys from."
        return [Finding("git", False, "a shallow clone", fix, needed=False)]
    return [Finding("git", True, "reads this clone")]


def _open_files() -> list[Finding]:
    if os.name == "nt":
        return []
    import resource

    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    enough = allowed == resource.RLIM_INFINITY or allowed >= OPEN_FILES_NEEDED
    fix = "call `ulimit -n 1024` first, in the same terminal."
    return [Finding("Open files", enough, f"{allowed} at once", fix, needed=False)]


def _loopback() -> list[Finding]:
    """Does this machine answer itself, as a stage's server is asked?"""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer((HOST, 0), Answer) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        try:
            answer = environment.request("GET", f"http://{HOST}:{server.server_port}/", timeout=5)
        except Exception as error:
            fix = f"something stands between this machine and itself ({type(error).__name__}): a firewall, or a VPN?"
            return [Finding("This machine's own address", False, "does not answer", fix)]
    return [Finding("This machine's own address", answer.status_code == 204, "answers without a proxy")]


def _disk() -> list[Finding]:
    free = shutil.disk_usage(ROOT).free // 2**20
    fix = f"free some: the environments and the database take about {DISK_NEEDED_MB} MB."
    return [Finding("Disk", free >= DISK_NEEDED_MB, f"{free:,} MB free", fix)]


def _given_server() -> list[Finding]:
    url = os.environ.get("DATABASE_URL")
    if not url:
        return []
    try:
        with ladder.given():
            pass
    except CourseError as error:
        return [Finding("DATABASE_URL", False, "set", str(error))]
    return [Finding("DATABASE_URL", True, ladder.without_password(url))]


def _docker() -> list[Finding]:
    from course.machine import container

    try:
        client = container.engine()
    except CourseError as error:
        return [Finding("Docker engine", False, "tests then use the embedded server", str(error), needed=False)]
    engine = Finding("Docker engine", True, client.version()["Version"])
    pull = f"it is pulled by the first test; or do it now: docker pull {container.IMAGE}."
    has_image = container.has_image(client)
    detail = "there" if has_image else "not pulled yet"
    return [engine, Finding(f"Image {container.IMAGE}", has_image, detail, pull, needed=False)]


def _embedded_server() -> list[Finding]:
    needed = not os.environ.get("DATABASE_URL")
    started = time.monotonic()
    try:
        with embedded.leased():
            version = ladder.execute(embedded.url(), "SHOW server_version")[0][0]
    except (CourseError, OSError) as error:
        return [Finding("Embedded PostgreSQL", False, "can't be started", str(error), needed=needed)]
    seconds = time.monotonic() - started
    return [Finding("Embedded PostgreSQL", True, f"{version}, starts in {seconds:.1f} s, data in {home()}")]


def _port() -> list[Finding]:
    free = is_free(FIRST_PORT)
    fix = "nothing to do: `course run` takes the next free one."
    return [Finding(f"Port {FIRST_PORT}", free, "free" if free else "taken", fix, needed=False)]


def _browser() -> list[Finding]:
    browser = browsers.find()
    fix = "install Chromium or Chrome; without one, the tests in a browser are not run."
    return [Finding("Browser", browser is not None, browser or "no Chromium, Chrome or Edge", fix, needed=False)]


BY_PACKAGES = (_loopback, _given_server, _embedded_server, _docker)
LOOKS: tuple[Callable[[], list[Finding]], ...] = (
    _python,
    _variables,
    _folder,
    _disk,
    _open_files,
    _loopback,
    _git,
    _given_server,
    _embedded_server,
    _docker,
    _port,
    _browser,
)
