"""Every promise of the course is a session. Which run by default, course/checks/sets.py says; `nox --list` shows all.

A session that needs PostgreSQL gets it from the ladder (course/postgres.py): DATABASE_URL, a container, or the
embedded server.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nox

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))  # so that a nox of one's own finds the course too

from course.checks import sets  # noqa: E402
from course.machine import uv  # noqa: E402
from course.stages import STAGES, Stage, stage_by_id  # noqa: E402

CONSTRAINTS = ROOT / "constraints.txt"
PROJECT = nox.project.load_toml("pyproject.toml")
STAGE_IDS = [stage.id for stage in STAGES]
PROMISES = nox.project.load_toml("tests/contract/broken_promises.toml")["broken"]
WITH_PROMISES = [stage_id for stage_id in STAGE_IDS if stage_id in {promise["stage"] for promise in PROMISES}]
# In a repository of `course eject`.
POSTGRES_SERVERS = [each for each in PROJECT["project"]["dependencies"] if re.search("postgres|pgserver", each)]
TOOLS_OF_ONES_OWN = ["coverage", "httpx", "hypothesis", "mypy", "pytest", "ruff", *POSTGRES_SERVERS]
# Elsewhere, as on a Mac with Intel's processor, tools of some sessions may need compilers, which few learners have.
SYSTEMS_WITH_WHEELS = ["linux", "aarch64-unknown-linux-gnu", "macos", "windows"]
WITH_USERS = [stage.id for stage in STAGES if stage.home]
WITH_STEPS = [stage.id for stage in STAGES if (stage.folder / "steps.toml").exists()]
WITH_BUGS = [stage.id for stage in STAGES if (stage.folder / "bugs.toml").exists()]
WITH_LESSON = [stage.id for stage in STAGES if (stage.folder / "README.md").exists()]
ON_TWO_WORKERS = ("05b", "06")  # their contract speaks of several worker processes
COURSE_TESTS = {  # in two parts, which run beside each other: together they would be the last to end
    "learning": [f"tests/course/{room}" for room in ("author", "learn", "teach")],
    "running": ["tests/course/checks", "tests/course/machine", "tests/course/deploy", "tests/course/test_*.py"],
}
MACHINES = {
    "environments": ["tests/machines/test_machines.py", "-k", "not that_root_makes"],
    "root": ["tests/machines/test_machines.py", "-k", "that_root_makes"],
    "folders": ["tests/machines/test_folders.py"],
    "shells": ["tests/machines/test_shells.py"],
}
REHEARSAL = "tests/deploy/test_rehearsal.py"
WITH_POSTGRES = [sys.executable, "-m", "course.postgres", "exec", "--"]
ALEMBIC = [sys.executable, "-m", "alembic", "upgrade", "head"]
# After Ctrl-C nox would kill at once what takes a moment to stop its servers and to drop its databases.
CLEANS_UP: dict[str, Any] = {"external": True, "interrupt_timeout": 20, "terminate_timeout": 20}

LIKE_PIP = uv.variables() if uv.program() else None
nox.options.default_venv_backend = "virtualenv" if LIKE_PIP is None else "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = sets.names(sets.QUICK)
nox.options.error_on_missing_interpreters = True


def install(session: nox.Session, *groups: str, stages: Iterable[Stage] = (), course: bool = False) -> None:
    """Install stages' own requirements, named groups of tools and what the course needs, pinned by constraints.txt."""
    packages = [*nox.project.dependency_groups(PROJECT, *groups)]
    if course:
        packages += PROJECT["project"]["dependencies"]
    for each in stages:
        packages += ["-r", str(each.folder / "requirements.txt")]
    session.install("--quiet", "-c", str(CONSTRAINTS), *packages, env=LIKE_PIP)


def pytest_on_postgres(session: nox.Session, *args: str, python: str = "python", **env: str | None) -> None:
    """Run pytest with DATABASE_URL and JWT_SECRET set, in the session's environment or else in the course's."""
    if session.python is False:
        python = sys.executable
    env = {"PYTHONPATH": None, "JWT_SECRET": "a secret for tests alone, 32 bytes or more", **env}
    session.run(*WITH_POSTGRES, python, "-m", "pytest", *args, *session.posargs, env=env, **CLEANS_UP)


def contract_on(session: nox.Session, stage_id: str, *args: str, **env: str | None) -> None:
    """Ask a stage for what it promises its clients."""
    pytest_on_postgres(session, "-q", "tests/contract", "--stage", stage_id, *args, **env)


def on_the_wire(stage_id: str) -> list[str]:
    """The contract's target with a real socket, on two workers where the contract speaks of several."""
    return ["--target", "localhost", *(["--workers", "2"] if stage_id in ON_TWO_WORKERS else [])]


@nox.session(python=False)
@nox.parametrize("stage_id", STAGE_IDS, ids=STAGE_IDS)
def stage(session: nox.Session, stage_id: str) -> None:
    """A stage's own tests, in the environment that `python3 -m course` made."""
    with session.chdir(stage_by_id(stage_id).folder):
        pytest_on_postgres(session, "-q")


@nox.session
@nox.parametrize("stage_id", STAGE_IDS, ids=STAGE_IDS)
def alone(session: nox.Session, stage_id: str) -> None:
    """A stage's own tests, and over a socket all that it promises, with its requirements alone, on embedded servers."""
    chosen = stage_by_id(stage_id)
    install(session, "test", stages=[chosen])
    # The ladder's last rung; of the others a run has the first that holds, and its sessions have that one by its URL.
    embedded = {"COURSE_POSTGRES": "embedded", "DATABASE_URL": None}
    with session.chdir(chosen.folder):
        pytest_on_postgres(session, "-q", **embedded)
    contract_on(session, stage_id, *on_the_wire(stage_id), **embedded)
    if stage_id in ON_TWO_WORKERS:  # and on one what only a socket can show: `contract` asks it for all else
        contract_on(session, stage_id, "-m", "wire", "--target", "localhost", **embedded)


@nox.session(python=False)
@nox.parametrize("stage_id", STAGE_IDS, ids=STAGE_IDS)
def contract(session: nox.Session, stage_id: str) -> None:
    """What a stage promises its clients, asked in-process, and over a socket what only a socket can show."""
    contract_on(session, stage_id)
    contract_on(session, stage_id, "-m", "wire", *on_the_wire(stage_id))


@nox.session(python=False)
@nox.parametrize("part", list(COURSE_TESTS), ids=list(COURSE_TESTS))
def course(session: nox.Session, part: str) -> None:
    """The course's promises about itself, but for those that take minutes."""
    # In their order: tests that start many programs are quickest before others have left threads of libraries.
    tests = [path.relative_to(ROOT).as_posix() for name in COURSE_TESTS[part] for path in sorted(ROOT.glob(name))]
    session.run(sys.executable, "-m", "pytest", "-q", *tests, "-m", "not thorough", *session.posargs, **CLEANS_UP)


@nox.session(python=False)
def course_thorough(session: nox.Session) -> None:
    """The course's promises about itself that take minutes."""
    session.run(sys.executable, "-m", "pytest", "-q", "tests/course", "-m", "thorough", *session.posargs, **CLEANS_UP)


@nox.session(python=False)
@nox.parametrize("what", list(MACHINES), ids=list(MACHINES))
def machines(session: nox.Session, what: str) -> None:
    """The course on machines that are not clean: each works, or ends in one sentence with the fix."""
    tests = [sys.executable, "-m", "pytest", "-q", *MACHINES[what], *session.posargs]
    if what == "root" and os.name == "posix" and os.geteuid() != 0 and shutil.which("sudo"):
        # Full disks, other users and networks that are down. What root writes must not stay among the user's files.
        own = [f"{name}={os.environ[name]}" for name in ("HOME", "PATH") if name in os.environ]
        tests = [
            "sudo",
            "-n",
            "--preserve-env",
            "env",
            *own,
            "PYTHONPYCACHEPREFIX=/dev/null",
            *tests,
            "-p",
            "no:cacheprovider",
        ]
    session.run(*tests, **CLEANS_UP)


@nox.session(python=False)
def first_hour(session: nox.Session) -> None:
    """What a student does in the first hour, on this machine."""
    test = "tests/machines/test_first_hour.py"
    session.run(sys.executable, "-m", "pytest", "-q", test, *session.posargs, **CLEANS_UP)


@nox.session(python=False, tags=["no-postgres"])
def static(session: nox.Session) -> None:
    """What can be seen without running it: listings, links, steps, bugs, and what the front pages name."""
    session.run(sys.executable, "-m", "course.author.static", **CLEANS_UP)
    session.run(sys.executable, "-m", "pytest", "-q", "tests/static", *session.posargs, **CLEANS_UP)


@nox.session(python=False)
@nox.parametrize("stage_id", WITH_PROMISES, ids=WITH_PROMISES)
def broken_promises(session: nox.Session, stage_id: str) -> None:
    """The contract's suites can fail: promises are broken one at a time, and the test that asks for each notices."""
    pytest_on_postgres(session, "-q", "tests/contract/can_fail.py", "--stage", stage_id)


@nox.session
@nox.parametrize("stage_id", WITH_USERS, ids=WITH_USERS)
def fuzz(session: nox.Session, stage_id: str) -> None:
    """Requests by the hundred made from a stage's OpenAPI document: `-- --cases 5000` is the full run."""
    install(session, "test", "fuzz", stages=[stage_by_id(stage_id)], course=True)
    pytest_on_postgres(session, "-q", "-s", "tests/fuzz", "--stage", stage_id)


@nox.session
def clients(session: nox.Session) -> None:
    """Clients made from the OpenAPI documents, in Python and TypeScript, compile strictly and tell a user's story."""
    session.install("--quiet", "-r", "tests/clients/requirements.txt", env=LIKE_PIP)  # which wants other versions
    pytest_on_postgres(session, "-q", "tests/clients", "--tools", session.bin, python=sys.executable)


@nox.session(python=False)
@nox.parametrize("stage_id", STAGE_IDS, ids=STAGE_IDS)
def review(session: nox.Session, stage_id: str) -> None:
    """`course review` of a stage finds what is a fault, and in one with a known bug that: `-- --whole` tries all."""
    pytest_on_postgres(session, "-q", "tests/review", "--stage", stage_id)


@nox.session
def browser(session: nox.Session) -> None:
    """The stages' pages in a real browser: Chromium or Chrome, the one that this machine has."""
    install(session, "test", "browser", stages=STAGES, course=True)
    session.run("python", "-m", "pytest", "-q", "tests/browser", *session.posargs, **CLEANS_UP)


@nox.session(python=False)
def rehearsal(session: nox.Session) -> None:
    """One deployment rehearsed under load: nobody notices the switch, nothing is lost, and the way back is open."""
    pytest_on_postgres(session, "-q", REHEARSAL)


@nox.session
def deploy(session: nox.Session) -> None:
    """A deployment's failures, what the host is told, an ejected repository, and an address that is verified."""
    install(session, "deploy")
    # In the course's environment, or each `course` that a test calls would be two programs: the second one there.
    here = str(session.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", silent=True))
    own = ["--packages", here.strip()]
    pytest_on_postgres(session, "-q", "tests/deploy", "--ignore", REHEARSAL, *own, python=sys.executable)


@nox.session(python=False)
def faults(session: nox.Session) -> None:
    """The capstone loses nothing while its database stops, its connections are cut, a worker is killed, and more."""
    session.run(sys.executable, "-m", "pytest", "-q", "tests/faults", *session.posargs, **CLEANS_UP)


@nox.session
def bench(session: nox.Session) -> None:
    """The capstone's speed beside the limit, plain FastAPI and the first version that comes to mind: tables."""
    capstone = stage_by_id("06")
    install(session, stages=[capstone])
    session.chdir(capstone.folder)
    env = {"JWT_SECRET": "a secret for the bench alone, 32 bytes or more"}
    session.run(*WITH_POSTGRES, "python", "-m", "bench", *session.posargs, env=env, **CLEANS_UP)


@nox.session(python=False)
@nox.parametrize("stage_id", WITH_STEPS, ids=WITH_STEPS)
def steps(session: nox.Session, stage_id: str) -> None:
    """Each step: emptied, its tests fail; filled in, they pass, and so do other right solutions, and no wrong one."""
    prove(session, "steps", stage_id)
    prove(session, "variants", stage_id)


@nox.session(python=False)
@nox.parametrize("stage_id", WITH_BUGS, ids=WITH_BUGS)
def bugs(session: nox.Session, stage_id: str) -> None:
    """Each known bug of a stage is caught by the stage's own tests."""
    prove(session, "bugs", stage_id)


@nox.session(python=False)
@nox.parametrize("stage_id", WITH_LESSON, ids=WITH_LESSON)
def lessons(session: nox.Session, stage_id: str) -> None:
    """Each listing of a lesson stands in its file, and each command prints what the lesson says."""
    prove(session, "lessons", stage_id)


@nox.session(python=False)
def notebooks(session: nox.Session) -> None:
    """Each notebook from a clean kernel: its findings hold, and nothing stays. `-- --twice` runs every cell again."""
    # In the environment of `course lab`, which is the one that an instructor uses.
    session.run(*WITH_POSTGRES, sys.executable, "-m", "course.teach.notebooks", "check", *session.posargs, **CLEANS_UP)
    session.run(*WITH_POSTGRES, sys.executable, "-m", "pytest", "-q", "tests/notebooks", **CLEANS_UP)


def prove(session: nox.Session, what: str, stage_id: str) -> None:
    """Run a proof of course/author in the environment that `python3 -m course` made."""
    session.run(sys.executable, "-m", "course", "author", "prove", what, stage_id, **CLEANS_UP)


@nox.session(tags=["no-postgres"])
def lint(session: nox.Session) -> None:
    """Format, mistakes, bandit's rules (ruff's S), known vulnerabilities, imports, locks of migrations, CI."""
    install(session, "lint", "audit")
    warn_of_vulnerabilities(session)
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    for each in STAGES:
        if each.migrations:
            squawk(session, each)
    session.run(sys.executable, "-m", "pytest", "-q", "tests/lint", external=True)


def warn_of_vulnerabilities(session: nox.Session) -> None:
    """Look them up if somebody answers; a known one fails with CI=true.

    Elsewhere it is only told: a version that was good when somebody cloned the course must not stop their lesson. No
    answer is only told everywhere: not every CI reaches the service.
    """
    try:
        found = vulnerabilities(session)
    except AuditError as why:
        session.warn(
            f"Known vulnerabilities were NOT looked up: {why}. `nox -s audit` does it where the network allows."
        )
        return
    if found:
        tell = session.error if os.environ.get("CI") else session.warn
        tell(f"Known vulnerabilities: {'; '.join(found)}. `course author lock` moves to newer versions.")


def squawk(session: nox.Session, stage: Stage) -> None:
    """Let squawk read the SQL that a stage's migrations would run."""
    sql = Path(session.create_tmp()) / f"{stage.id}.sql"
    offline = {"DATABASE_URL": "postgresql://offline/offline", "JWT_SECRET": "not used, but it has to be 32 bytes long"}
    with session.chdir(stage.folder):
        statements = session.run(*ALEMBIC, "--sql", env=offline, silent=True, stderr=None, external=True)
    sql.write_text(str(statements), encoding="utf-8")
    # Left out are the rules that say nothing of locks: each migration is one transaction, so it need not be repeatable
    # from the middle, Alembic's own table has a varchar, and a quantity of 2,147,483,647 is enough.
    style = "prefer-robust-stmts,prefer-text-field,prefer-bigint-over-int"
    session.run("squawk", "--pg-version", "18", "--exclude", style, str(sql))


@nox.session(tags=["no-postgres"])
def audit(session: nox.Session) -> None:
    """Known vulnerabilities of what the host installs. Fails where nobody answers."""
    install(session, "audit")
    try:
        found = vulnerabilities(session, *session.posargs)
    except AuditError as why:
        session.error(f"Not looked up: {why}.")
    if found:
        session.error("; ".join(found))
    session.log("No vulnerability is known.")


class AuditError(Exception):
    """Nobody answered who knows the vulnerabilities, or not for these packages."""


def vulnerabilities(session: nox.Session, *files: str) -> list[str]:
    """Return the known vulnerabilities of the pins in some files, or of what the host installs. Raises AuditError."""
    report = Path(session.create_tmp()) / "vulnerabilities.json"
    report.unlink(missing_ok=True)
    ask = ["pip-audit", "--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "5"]
    ask += ["--format", "json", "--output", str(report)]
    for each in files or ["requirements.txt"]:
        ask += ["-r", each]
    said = session.run(*ask, silent=True, success_codes=[0, 1])
    if not report.exists():
        raise AuditError(f"no answer ({str(said).strip().splitlines()[-1]})")
    packages = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
    # Where a mirror answers in its place, pip-audit finds no package, skips them all, and ends with success.
    if unknown := [each["name"] for each in packages if "skip_reason" in each]:
        raise AuditError(
            f"whoever answers there does not know {unknown[0]} ({len(unknown)} of {len(packages)} packages)"
        )
    return [f"{each['name']} {each['version']}: {fault['id']}" for each in packages for fault in each["vulns"]]


@nox.session(python=False, tags=["no-postgres"])
def facts(session: nox.Session) -> None:
    """What the lessons say of hosts and prices was looked up less than half a year ago."""
    session.run(sys.executable, "-m", "course.author.facts")


@nox.session(tags=["no-postgres"])
def types(session: nox.Session) -> None:
    """Mypy, strict, on the course's command and on each stage's code."""
    install(session, "types")
    mypy = ["mypy", "--python-executable", sys.executable, "--config-file", str(ROOT / "pyproject.toml")]
    mypy += ["--cache-dir", str(ROOT / ".mypy_cache")]  # one for all: most of what each reads is the same libraries
    session.run(*mypy, "course")
    for each in STAGES:
        with session.chdir(each.folder):
            session.run(*mypy, *each.typed)


@nox.session(tags=["no-postgres"])
def lock(session: nox.Session) -> None:
    """Move every pin to the newest release, or those of `-- NAME ...`: constraints.txt, and what follows it."""
    before = pinned()
    if unknown := set(session.posargs) - before.keys():
        session.error(f"constraints.txt has no {', '.join(sorted(unknown))}: write its name as it stands there.")
    session.install("--quiet", "uv")
    wanted = [
        *PROJECT["project"]["dependencies"],
        *nox.project.dependency_groups(PROJECT, *PROJECT["dependency-groups"]),
    ]
    for each in STAGES:
        wanted += [loose(line) for line in requirement_lines(each.folder / "requirements.txt")]
    names = Path(session.create_tmp()) / "wanted.txt"
    names.write_text("\n".join(sorted(set(wanted))), encoding="utf-8")
    compile_args = [
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--python-version",
        "3.11",
        "--no-header",
        "--no-annotate",
    ]
    upgrade = [f"--upgrade-package={name}" for name in session.posargs] or ["--upgrade"]
    session.run(*compile_args, *upgrade, "--strip-extras", str(names), "-o", str(CONSTRAINTS))
    for system in SYSTEMS_WITH_WHEELS:
        wheels = ["--only-binary", ":all:", "--python-platform", system, "-c", str(CONSTRAINTS)]
        session.run(*["uv", "pip", "compile", "--quiet", "--python-version", "3.11"], *wheels, str(names), silent=True)

    pins = pinned()
    moved = [f"{name} {before.get(name, 'new')} -> {pins[name]}" for name in pins if pins[name] != before.get(name)]
    session.log(f"Moved: {', '.join(moved) or 'nothing'}.")
    for each in STAGES:
        repin(each.folder / "requirements.txt", pins)
    capstone = stage_by_id("06").folder / "requirements.txt"
    host = ROOT / "requirements.txt"
    session.run(*compile_args, "-c", str(CONSTRAINTS), str(capstone), "-o", str(host))
    tools = Path(session.create_tmp()) / "tools.txt"
    tools.write_text("\n".join(TOOLS_OF_ONES_OWN), encoding="utf-8")
    ejected = ROOT / "course" / "deploy" / "template" / "requirements-dev.txt"
    session.run(*compile_args, "--strip-extras", "-c", str(CONSTRAINTS), str(tools), "-o", str(ejected))
    entitle(ejected, "What an ejected repository is worked on with, beside what its app needs")
    entitle(CONSTRAINTS, "Every version that the course is tested with")
    entitle(host, "What the host installs for the capstone, all of it, since this file alone is there when it installs")


def entitle(path: Path, title: str) -> None:
    """Put a first line above a file of pins that says what it is and who wrote it."""
    pins = path.read_text(encoding="utf-8")
    path.write_text(f"# {title}. Written by `course author lock`.\n{pins}", encoding="utf-8", newline="\n")


def pinned() -> dict[str, str]:
    """The versions of constraints.txt, by package."""
    return dict(line.split(";")[0].strip().split("==") for line in requirement_lines(CONSTRAINTS))


def requirement_lines(path: Path) -> list[str]:
    """The requirements in a file, without comments and blank lines."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def loose(requirement: str) -> str:
    """A requirement without its version: `uvicorn[standard]~=0.54.0` becomes `uvicorn[standard]`."""
    return re.split(r"[~=<>! ;]", requirement, maxsplit=1)[0]


def repin(path: Path, pins: dict[str, str]) -> None:
    """Rewrite each `name~=version` of a stage's requirements.txt to the version pinned, keeping its comments."""

    def newest(match: re.Match[str]) -> str:
        name = re.sub(r"[-_.]+", "-", match["name"]).lower()
        return f"{match['name']}{match['extras'] or ''}~={pins[name]}"

    text = path.read_text(encoding="utf-8")
    pinned = re.sub(r"^(?P<name>[\w.-]+)(?P<extras>\[[^\]]*\])?~=[\w.]+", newest, text, flags=re.MULTILINE)
    path.write_text(pinned, encoding="utf-8", newline="\n")


@nox.session(tags=["no-postgres"])
def site(session: nox.Session) -> None:
    """The lessons' site: every link leads somewhere, and axe finds nothing on its pages in a real browser."""
    install(session, "test", "browser", "site", stages=[], course=True)
    session.run("python", "-m", "pytest", "-q", "tests/site", *session.posargs)
