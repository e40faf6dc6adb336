"""The course's own environment, `.venv`: made on the first call, repaired when it is not as it should be.

Standard library only. A *stamp* in the environment says that it is complete, and for which pins: an interrupted set-up,
a moved folder, a Python that has gone and pins that a `git pull` changed all leave a stamp that does not fit.

What few calls need, a dependency group of pyproject.toml such as `notebooks`, is added when it is first asked for, and
has a stamp of its own beside the other.
"""

import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from course import environment
from course.errors import CourseError
from course.machine import processes, reasons, uv
from course.paths import ROOT
from course.stages import STAGES

VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "course-stamp"
UNFINISHED = VENV / "course-unfinished"
OWN = ROOT / ".course"  # not home(), which may be another for each of two calls: the environment is one
LOG = OWN / "set-up.log"
DISK_NEEDED_MB = 500
PIP_OLDEST = (22, 3)  # the first with `pip --python`
POLL_SECONDS = 0.1
REPAIRED = "COURSE_REPAIRED"  # set for the call after a repair, which must not repair again
# What must be there when the stamp is written: each package that was asked for, whole enough to be imported.
IMPORT_TEST = """
import importlib, re, sys
from importlib import metadata

modules = {}
for module, names in metadata.packages_distributions().items():
    for name in names:
        modules.setdefault(re.sub(r"[-_.]+", "-", name).lower(), []).append(module)
for name in sys.argv[1:]:
    try:
        metadata.distribution(name)
        for module in modules.get(name, []):
            if re.fullmatch(r"[a-z][a-z0-9_]*", module):
                importlib.import_module(module)
    except Exception as error:
        sys.exit(f"{name}: {type(error).__name__}: {error}")
"""


def enter() -> None:
    """Return if this process runs in the complete environment; otherwise complete it, and start over in it."""
    with processes.as_program():
        if not _ready():
            try:
                set_up()
            except processes.Stopped:
                _say("\nStopped before the set-up was complete; the next call repairs it.")
                raise
        elif _inside():
            return
        try:
            environment.start_over(str(PYTHON))
        except OSError as error:  # it is there, and no program of this machine
            _repair(f"its Python can't be started: {error.strerror}")


@contextmanager
def repairing() -> Iterator[None]:
    """If a package turns out to be missing or broken in the block, make the environment anew and start over, once."""
    try:
        yield
    except ImportError as error:
        with processes.as_program():
            if not _inside() or REPAIRED in os.environ or (error.name or "course").partition(".")[0] == "course":
                raise
            _repair(str(error))


def _repair(why: str) -> None:
    """Start over outside the environment, to make it anew. Raises CourseError if that was of no use the last time."""
    if REPAIRED in os.environ:
        raise CourseError(
            f".venv is broken ({why}), and making it anew did not help: remove the folder, and try again."
        )
    _refuse_noexec()
    _say(f".venv is broken ({why}): it is made anew.")
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    os.environ[REPAIRED] = "1"
    environment.start_over(sys._base_executable)  # type: ignore[attr-defined]


def _say(text: str, end: str = "\n") -> None:
    sys.stderr.write(text + end)
    sys.stderr.flush()


def _requirements() -> list[Path]:
    return [path for stage in STAGES if (path := stage.folder / "requirements.txt").exists()]


def _expected_stamp() -> str:
    """What a complete environment says of itself: all that it was made from."""
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", ROOT / "constraints.txt", *_requirements()):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {ROOT}"


def _config(key: str) -> str:
    """A value of the environment's pyvenv.cfg, or nothing."""
    path = VENV / "pyvenv.cfg"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(rf"^{key}\s*=\s*(.+?)\s*$", text, re.MULTILINE)
    return found[1] if found else ""


def _inside() -> bool:
    """Is it the environment's own Python that runs this?"""
    return Path(sys.prefix).resolve() == VENV.resolve()


def _usable() -> bool:
    """Has the environment a Python that can still run, of the version that it was made for?"""
    version = tuple(int(part) for part in re.findall(r"\d+", _config("version(?:_info)?"))[:2])
    if not PYTHON.exists() or not Path(_config("home")).is_dir() or version < (3, 11):
        return False
    return version == sys.version_info[:2] if _inside() else True


def _stamp() -> str:
    return STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""


def _ready() -> bool:
    return _stamp() == _expected_stamp() and _usable()


def _was_moved() -> bool:
    """Was the environment completed in another folder? The programs in it name their Python by its full path."""
    return _stamp() != "" and _stamp().partition(" ")[2] != str(ROOT)


def _locks(file: IO[bytes]) -> bool:
    """Lock a file if it is free; the system opens the lock when the file is closed, if only by the process's end."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait for another process that is setting up, and let none begin meanwhile."""
    OWN.mkdir(parents=True, exist_ok=True)
    with (OWN / "set-up.lock").open("ab") as file:
        if not _locks(file):
            _say("Another call of the course is setting up .venv: waiting for it ...")
            while not _locks(file):
                time.sleep(POLL_SECONDS)
        yield


def set_up() -> None:
    """Make the environment, or bring it up to date; another process that is at it already is waited for."""
    with _one_at_a_time():
        if _ready():
            return
        started = time.monotonic()
        _refuse_noexec()
        _leave_others_alone()
        if _usable() and not UNFINISHED.exists() and not _was_moved():
            _say("Bringing the course's Python environment, .venv, up to date.")
        else:
            _say("Setting up the course's own Python environment in .venv, once.")
            _make()
        STAMP.unlink(missing_ok=True)
        UNFINISHED.touch()
        _install(*_everyday_packages())
        _try_imports(_everyday_packages())
        STAMP.write_text(_expected_stamp(), encoding="utf-8")
        UNFINISHED.unlink()
        _say(f"Set up in {time.monotonic() - started:.0f} s.")


def check_imports() -> None:
    """Import all that the environment must have. Raises CourseError if something can't be."""
    _try_imports(_everyday_packages())


def has(group: str) -> bool:
    """Has the environment this dependency group, in the versions that are pinned today?"""
    stamp = _stamp_of(group)
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _expected_stamp()


def add(group: str) -> None:
    """Complete the environment, which runs this process, with a dependency group. Raises CourseError if it can't."""
    with _one_at_a_time():
        if has(group):
            return
        started = time.monotonic()
        _say(f"Adding the packages for {group} to the course's Python environment, .venv, once.")
        _stamp_of(group).unlink(missing_ok=True)
        packages = _project()["dependency-groups"][group]
        _install(*packages)
        _try_imports(packages)
        _stamp_of(group).write_text(_expected_stamp(), encoding="utf-8")
        _say(f"Added in {time.monotonic() - started:.0f} s.")


def add_if_possible(group: str, otherwise: str) -> None:
    """As `add`, for what only saves time: where it can't be had, say what happens instead."""
    try:
        add(group)
    except CourseError as error:
        _say(f"{error} So {otherwise}.")


def _stamp_of(group: str) -> Path:
    return STAMP.with_name(f"{STAMP.name}-{group}")


def _refuse_noexec() -> None:
    """Raise CourseError on a disk from which the system loads no program: no environment there would work."""
    if hasattr(os, "statvfs") and os.statvfs(ROOT).f_flag & getattr(os, "ST_NOEXEC", 0):
        raise CourseError(
            f"{ROOT} is on a disk that is mounted without the right to run programs (noexec): copy the course to "
            "another disk."
        )


def _leave_others_alone() -> None:
    """Take away a `.venv` that is only a link to what the course has not made: that is never emptied or added to."""
    if not VENV.is_symlink():
        return
    target = VENV.resolve()
    if not target.is_dir() or (any(target.iterdir()) and not STAMP.exists() and not UNFINISHED.exists()):
        _say(f".venv is a link to {target}, which the course has not made: the link is taken away.")
        VENV.unlink()


def _make() -> None:
    """Make an empty environment, without ensurepip and pip, which Debian keeps in packages of their own."""
    try:
        import venv
    except ImportError as error:
        raise CourseError(f"This Python has no module venv: install it ({_fix('python3-venv')}).") from error
    if os.pathsep in str(VENV):
        raise CourseError(
            f"The folder {ROOT} has a {os.pathsep!r} in its name, which separates folders in a PATH: rename it."
        )
    if VENV.exists() and not VENV.is_dir():
        raise CourseError(f"{VENV} is a file, and the course keeps its environment there: remove it.")
    try:
        venv.EnvBuilder(clear=True, symlinks=os.name != "nt", with_pip=False).create(VENV)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise CourseError(f".venv can't be made ({error}): {_fix_of_folder(error)}.") from error


def _fix_of_folder(error: Exception) -> str:
    """What to do about a folder that can't be written."""
    match getattr(error, "errno", None):
        case errno.ENOSPC | errno.EDQUOT:
            return f"the disk is full: free about {DISK_NEEDED_MB} MB"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return f"copy the course to a folder that you may write to; {ROOT} is none"
    return "end the programs that use it, then remove it"


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _everyday_packages() -> list[str]:
    """The course, editable, with what its stages and tests need."""
    # Relative to ROOT: an installer reads brackets, `#` and `$` in a path as something else.
    packages = ["-e", ".", "pip", *_project().get("dependency-groups", {}).get("test", [])]
    for path in _requirements():
        packages += ["-r", path.relative_to(ROOT).as_posix()]
    return packages


def _try_imports(packages: Sequence[str]) -> None:
    """Import what was installed. Raises CourseError if something of it is missing: then there is no stamp."""
    lines = [each for each in packages if not each.startswith(("-", ".")) and not each.endswith(".txt")]
    if "-e" in packages:
        lines += _project()["project"].get("dependencies", [])
        lines += [line for path in _requirements() for line in path.read_text(encoding="utf-8").splitlines()]
    found = (re.match(r"[A-Za-z0-9][\w.-]*", line.strip()) for line in lines)
    names = sorted({re.sub(r"[-_.]+", "-", each[0]).lower() for each in found if each and ";" not in each.string})
    done = subprocess.run(
        [PYTHON, "-c", IMPORT_TEST, *names],
        cwd=VENV,
        env=environment.child(),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        with suppress(OSError):  # another user's, whose doctor only looks
            UNFINISHED.touch()
        raise CourseError(
            f"The packages are installed, but one can't be imported ({reasons.of(done.stderr)}): the next call makes "
            ".venv anew. If it stays so, tell it with what `python3 -m course doctor --json` prints."
        )


def _install(*packages: str) -> None:
    """Install packages into the environment; constraints.txt pins every version."""
    arguments = ["-c", "constraints.txt", *packages]
    if (program := uv.program()) and (told := uv.variables()) is not None:
        told["UV_LINK_MODE"] = "copy"  # who changes a file in .venv to learn from it must not change uv's own copy
        if _run("uv", [program, "pip", "install", "--python", str(PYTHON), *arguments], **told) == 0:
            return
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
    if not sys.dont_write_bytecode:  # it is quicker to compile only what is used, when it is first imported
        quiet.append("--no-compile")
    if _run("pip", [*_pip(), "install", *quiet, *arguments]) != 0:
        output = LOG.read_text(encoding="utf-8", errors="replace")
        raise CourseError(f"pip could not install what the course needs: {reasons.of_installer(output)} (see {LOG}).")


def _pip() -> list[str]:
    """A pip that can install into the environment: this Python's, or the one that a Python brings along."""
    for python in dict.fromkeys([sys.executable, sys._base_executable]):  # type: ignore[attr-defined]
        probe = subprocess.run(
            [python, "-m", "pip", "--version"],
            env=environment.outward(PIP_CONFIG_FILE=os.devnull),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        version = re.match(r"pip (\d+)\.(\d+)", probe.stdout)
        if version and (int(version[1]), int(version[2])) >= PIP_OLDEST:
            return [python, "-m", "pip", "--python", str(PYTHON)]
    made = subprocess.run([PYTHON, "-m", "ensurepip"], env=environment.child(), capture_output=True, check=False)
    if made.returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    raise CourseError(f"This Python has no pip of version 22.3 or newer: install it ({_fix('python3-pip')}).")


def _fix(package: str) -> str:
    """How a part of Python that is missing is installed here."""
    if sys.platform == "linux" and shutil.which("apt"):
        return f"sudo apt install {package}"
    if sys.platform == "linux" and shutil.which("dnf"):
        return f"sudo dnf install {package}"
    return "run the installer from python.org once more"


def _run(name: str, command: list[str], **variables: str) -> int:
    """Run an installer, its output in a log, and tell how the time goes."""
    started = time.monotonic()
    ticking = sys.stderr.isatty()
    _say(f"  {name} installs the packages ...", end="" if ticking else "\n")

    def tick() -> None:
        if ticking:
            _say(f"\r  {name} installs the packages ... {time.monotonic() - started:.0f} s", end="")

    with tempfile.TemporaryDirectory(prefix="course-") as scratch:  # an installer that is ended leaves its own behind
        env = environment.installer(**variables, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch))
        returncode = processes.run_apart(command, log=LOG, tick=tick, cwd=ROOT, env=env)
    if ticking:
        _say("")
    return returncode
