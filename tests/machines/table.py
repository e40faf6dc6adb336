"""Machines as students have them: what is odd about each, what is tried there, and what its user sees."""

import os
import sys
from dataclasses import dataclass, field

from course.paths import ROOT

NOBODY = "http://127.0.0.1:9"  # a proxy that answers nothing
WORKS = ""  # the user sees what everybody sees
SQLITE = "DATABASE_URL begins with sqlite:, and the course needs PostgreSQL: set it to .*, or unset it"
WATCHERS = "/proc/sys/user/max_inotify_instances"


@dataclass(frozen=True)
class Machine:
    """One row. `{folder}` in a value is an empty folder of this row's, `{gone}` a path where nothing is."""

    odd: str
    tried: str  # the name of a function of probes.py
    variables: dict[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()  # variables that are not set there
    before: str = ""  # what a POSIX shell does before it starts the course
    sees: str = WORKS


def namespace(kinds: str, *commands: str) -> str:
    """A shell's line that goes on in Linux namespaces of its own, after some commands there: root can make them."""
    inside = "; ".join([*commands, 'exec "$@"'])
    return f"""exec unshare {kinds} sh -ec '{inside}' sh "$@" """


def disk(options: str) -> str:
    """A shell's line that goes on with a disk of its own, `disk` in this row's folder."""
    return namespace("--mount", "mkdir -p {folder}/disk", f"mount -t tmpfs -o {options} none {{folder}}/disk")


def user(number: int) -> str:
    """A shell's line that goes on as another user, who may read this clone wherever it is: root can."""
    reads = "--inh-caps=+dac_read_search --ambient-caps=+dac_read_search"
    return f'exec setpriv --reuid={number} --regid={number} --clear-groups {reads} "$@"'


NOBODY_ELSE = 65534
WITHOUT_WATCHERS = namespace(
    f"--user --map-user={NOBODY_ELSE} --map-group={NOBODY_ELSE} --keep-caps", f"echo 0 > {WATCHERS}"
)

MACHINES = [
    # Proxies. Nothing on 127.0.0.1 goes through one.
    Machine("http_proxy that is down", "run", {"http_proxy": NOBODY}),
    Machine("HTTP_PROXY and HTTPS_PROXY that are down", "http", {"HTTP_PROXY": NOBODY, "HTTPS_PROXY": NOBODY}),
    Machine("ALL_PROXY is a SOCKS proxy", "run_06", {"ALL_PROXY": "socks5://127.0.0.1:9"}),
    Machine("ALL_PROXY is a SOCKS proxy, a client", "http", {"ALL_PROXY": "socks5h://127.0.0.1:9"}),
    Machine("a proxy without http:// before it", "http", {"http_proxy": "127.0.0.1:9"}),
    Machine("a proxy of a kind that nobody knows", "http", {"ALL_PROXY": "ftp://127.0.0.1:9"}),
    Machine("no_proxy names other machines", "ws", {"http_proxy": NOBODY, "no_proxy": "example.com"}),
    Machine("ws_proxy and socks_proxy", "ws", {"ws_proxy": NOBODY, "socks_proxy": "socks5://127.0.0.1:9"}),
    Machine("a proxy, and course verify", "verify", {"http_proxy": NOBODY, "ALL_PROXY": "socks5://127.0.0.1:9"}),
    Machine("all_proxy and https_proxy, a lab", "lab", {"all_proxy": "socks5://127.0.0.1:9", "https_proxy": NOBODY}),
    Machine("HTTPS_PROXY and PIP_PROXY that are down", "set_up", {"HTTPS_PROXY": NOBODY, "PIP_PROXY": NOBODY}),
    Machine("a proxy, and course check", "check", {"http_proxy": NOBODY, "ALL_PROXY": "socks5://127.0.0.1:9"}),
    # Certificates.
    Machine("SSL_CERT_FILE is gone", "run", {"SSL_CERT_FILE": "{gone}"}),
    Machine(
        "REQUESTS_CA_BUNDLE and SSL_CERT_DIR are gone",
        "http",
        {"REQUESTS_CA_BUNDLE": "{gone}", "SSL_CERT_DIR": "{gone}"},
    ),
    Machine("SSL_CERT_FILE is an empty folder", "verify", {"SSL_CERT_FILE": "{folder}"}),
    Machine("SSL_CERT_FILE is no certificate", "ws", {"SSL_CERT_FILE": "{file}", "SSL_CERT_DIR": "{folder}"}),
    Machine(
        "SSL_CERT_FILE is no certificate, elsewhere",
        "http",
        {"COURSE_URL": "https://example.com", "SSL_CERT_FILE": "{file}"},
        sees="SSL_CERT_FILE.*set it right, or unset it",
    ),
    Machine("SSL_CERT_FILE and PIP_CERT are gone", "set_up", {"SSL_CERT_FILE": "{gone}", "PIP_CERT": "{gone}"}),
    Machine("SSLKEYLOGFILE can't be written", "http", {"SSLKEYLOGFILE": "{gone}/keys"}),
    # Python's own variables.
    Machine("PYTHONPATH with another typer and httpx", "http", {"PYTHONPATH": "{modules}"}),
    Machine("PYTHONPATH with another uvicorn", "run", {"PYTHONPATH": "{modules}"}),
    Machine("PYTHONWARNINGS=error", "run", {"PYTHONWARNINGS": "error"}),
    Machine("PYTHONOPTIMIZE=2", "check", {"PYTHONOPTIMIZE": "2"}),
    Machine("PYTHONINSPECT=1", "http", {"PYTHONINSPECT": "1"}),
    Machine("PYTHONIOENCODING=ascii and PYTHONUTF8=0", "overview", {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}),
    Machine("PYTHONDEVMODE=1 and PYTHONASYNCIODEBUG=1", "http", {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"}),
    Machine("PYTHONSTARTUP is gone, PYTHONSAFEPATH=1", "db_url", {"PYTHONSTARTUP": "{gone}", "PYTHONSAFEPATH": "1"}),
    Machine(
        "PYTHONSAFEPATH=1, a first call: Python itself says so",
        "set_up",
        {"PYTHONSAFEPATH": "1"},
        sees="No module named course",  # the README says what to do
    ),
    Machine("PYTHONHOME is this Python's", "http", {"PYTHONHOME": sys.base_prefix}),
    Machine("PYTHONHOME is gone: Python itself says so", "overview", {"PYTHONHOME": "{gone}"}, sees="PYTHONHOME = "),
    Machine("PYTHONUSERBASE with a usercustomize", "set_up", {"PYTHONUSERBASE": "{modules}", "PYTHONNOUSERSITE": ""}),
    Machine("PYTHONVERBOSE=1 and PYTHONMALLOC=debug", "check", {"PYTHONVERBOSE": "1", "PYTHONMALLOC": "debug"}),
    Machine(
        "PYTHONPLATLIBDIR is wrong: Python itself says so",
        "overview",
        {"PYTHONPLATLIBDIR": "nowhere"},
        sees="platlibdir = 'nowhere'",
    ),
    Machine("PYTHONPATH and PYTHONCASEOK, a lab", "lab", {"PYTHONPATH": "{modules}", "PYTHONCASEOK": "1"}),
    # conda, and programs with variables of their own.
    Machine("an active conda", "run", {"CONDA_PREFIX": "{folder}", "CONDA_DEFAULT_ENV": "base", "CONDA_SHLVL": "1"}),
    Machine("another virtual environment is active", "check", {"VIRTUAL_ENV": "{gone}"}),
    Machine("LD_LIBRARY_PATH with another libpq", "db_url", {"LD_LIBRARY_PATH": "{libraries}"}),
    Machine(
        "UVICORN_LOG_LEVEL=critical and WEB_CONCURRENCY=4",
        "run",
        {"UVICORN_LOG_LEVEL": "critical", "WEB_CONCURRENCY": "4"},
    ),
    Machine("ALEMBIC_CONFIG of another project", "run_05a", {"ALEMBIC_CONFIG": "{gone}"}),
    Machine("PYTEST_ADDOPTS of another project", "check", {"PYTEST_ADDOPTS": "--nonsense -x"}),
    Machine(
        "PYTEST_ADDOPTS, and course verify", "verify", {"PYTEST_ADDOPTS": "--nonsense", "PYTEST_PLUGINS": "nobody"}
    ),
    Machine(
        "NOXSESSION and VIRTUALENV_* of another project",
        "sessions",
        {"NOXSESSION": "nonsense", "VIRTUALENV_CLEAR": "x"},
    ),
    Machine("PIP_* and UV_* of another project", "set_up", {"PIP_USER": "1", "PIP_TARGET": "{gone}"}),
    Machine("JUPYTER_* and MPLBACKEND of another project", "lab", {"JUPYTER_PORT": "9", "MPLBACKEND": "nonsense"}),
    Machine("LD_PRELOAD names what is gone", "db_url", {"LD_PRELOAD": "{gone}.so"}),
    Machine("called by a git hook", "check", {"GIT_DIR": "{gone}", "GIT_INDEX_FILE": "{gone}"}),
    # PostgreSQL's own variables.
    Machine("PGPORT=5433", "run", {"PGPORT": "5433"}),
    Machine(
        "PGHOST, PGUSER, PGDATABASE and PGPASSWORD",
        "run_05a",
        {"PGHOST": "db", "PGUSER": "me", "PGDATABASE": "x", "PGPASSWORD": "y"},
    ),
    Machine(
        "PGSSLMODE=verify-full, PGSSLROOTCERT is gone",
        "db_url",
        {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{gone}"},
    ),
    Machine(
        "PGSERVICE and PGSERVICEFILE are gone",
        "shell",
        {"PGSERVICE": "mine", "PGSERVICEFILE": "{gone}", "PGPORT": "5433"},
    ),
    Machine(
        "PGOPTIONS, PGTZ, PGCLIENTENCODING, PGDATA",
        "run",
        {"PGOPTIONS": "-c nonsense=1", "PGTZ": "x", "PGCLIENTENCODING": "LATIN1", "PGDATA": "{gone}"},
    ),
    Machine("PGTARGETSESSIONATTRS=standby, a check", "check", {"PGTARGETSESSIONATTRS": "standby", "PGPORT": "1"}),
    Machine("PGPASSFILE and PGCONNECT_TIMEOUT=x", "shell", {"PGPASSFILE": "{file}", "PGCONNECT_TIMEOUT": "x"}),
    Machine("PGSERVICE and PGPORT, a lab", "lab", {"PGSERVICE": "mine", "PGPORT": "5433"}),
    # DATABASE_URL and JWT_SECRET of another project.
    Machine(
        "DATABASE_URL is sqlite's",
        "run",
        {"DATABASE_URL": "sqlite:///x.db", "COURSE_POSTGRES": ""},
        sees=SQLITE,
    ),
    Machine(
        "DATABASE_URL's server is not there",
        "run",
        {"DATABASE_URL": "postgresql://me@127.0.0.1:9/x", "COURSE_POSTGRES": ""},
        sees="can't be reached",
    ),
    Machine("JWT_SECRET is short", "run", {"JWT_SECRET": "short"}, sees="JWT_SECRET is .* 32"),
    Machine("COURSE_POSTGRES is misspelt", "db_url", {"COURSE_POSTGRES": "docker"}, sees="COURSE_POSTGRES is 'docker'"),
    Machine(
        "settings of an app at work, a check",
        "check_settings",
        {
            "BCRYPT_ROUNDS": "99",
            "jwt_secret": "short",
            "JWT_EXPIRES_MINUTES": "x",
            "DATABASE_DIRECT_URL": "sqlite:///x",
        },
    ),
    Machine("DATABASE_URL is sqlite's, the doctor", "doctor", {"DATABASE_URL": "sqlite:///x.db"}, sees=SQLITE),
    Machine("DOCKER_HOST where no engine is", "exec", {"DOCKER_HOST": "tcp://127.0.0.1:9", "COURSE_POSTGRES": ""}),
    # Terminals and languages.
    Machine("LC_ALL=C", "run", {"LC_ALL": "C", "LANG": "C"}),
    Machine("a console of Windows (cp1252)", "overview", {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}),
    Machine("a Turkish locale", "overview", {"LC_ALL": "tr_TR.ISO-8859-9", "LANG": "tr_TR"}),
    Machine("a locale that is not installed", "db_url", {"LC_ALL": "xx_YY.UTF-8"}),
    Machine("TERM=dumb", "doctor", {"TERM": "dumb"}),
    Machine("TERM is not set, COLUMNS=60", "doctor", {"COLUMNS": "60"}, without=("TERM",)),
    Machine("FORCE_COLOR=1", "http", {"FORCE_COLOR": "1"}),
    Machine("a Turkish locale, a set-up", "set_up", {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR"}),
    Machine("a terminal of 20 columns", "check", {"COLUMNS": "20", "LINES": "5"}),
    # Folders of the user's.
    Machine("HOME is gone", "run", {"HOME": "{gone}", "USERPROFILE": "{gone}"}),
    Machine("HOME is not set", "check", without=("HOME", "USERPROFILE")),
    Machine("HOME can't be written", "run_05a", {"HOME": "/proc"}),
    Machine("HOME is gone, a lab", "lab", {"HOME": "{gone}", "USERPROFILE": "{gone}"}),
    Machine("TMPDIR with a space, a set-up", "set_up", {"TMPDIR": "{folder}/a b", "TEMP": "{folder}/a b"}),
    Machine("HOME with settings that can't be read", "exec", {"HOME": "{settings}", "COURSE_POSTGRES": ""}),
    Machine("HOME with settings of git, psql and pytest", "check", {"HOME": "{settings}"}),
    Machine("HOME with settings of git, psql and pytest, a shell", "shell", {"HOME": "{settings}"}),
    Machine("HOME with settings of pip", "set_up", {"HOME": "{settings}"}),
    Machine("HOME with a .pgpass that others may read", "check", {"HOME": "{readable}"}),
    Machine("COURSE_WORKSPACE below a project with a conftest", "check", {"COURSE_WORKSPACE": "{project}/mine"}),
    Machine("TMPDIR with a space", "check", {"TMPDIR": "{folder}/a b", "TEMP": "{folder}/a b"}),
    Machine("TMPDIR is gone", "db_url", {"TMPDIR": "{gone}", "TEMP": "{gone}", "TMP": "{gone}"}),
    Machine("COURSE_HOME with brackets, % and a space", "run", {"COURSE_HOME": "{folder}/100% [my] home"}),
    Machine(
        "COURSE_HOME can't be written", "db_url", {"COURSE_HOME": "/proc/course"}, sees="/proc/course.* COURSE_HOME"
    ),
    Machine("COURSE_HOME is a file", "db_url", {"COURSE_HOME": "{file}"}, sees="COURSE_HOME"),
    Machine("COURSE_WORKSPACE with brackets and a quote", "check", {"COURSE_WORKSPACE": "{folder}/it's [mine]"}),
    # Programs that are not there.
    Machine("no git, a run", "run", {"PATH": "{no_git}"}),
    Machine("no git, a check", "check", {"PATH": "{no_git}"}),
    Machine("no git, the doctor", "doctor_without_git", {"PATH": "{no_git}"}),
    Machine("no git, a rehearsal", "rehearse", {"PATH": "{no_git}"}, sees="no git on this machine: install it"),
    Machine(
        "the clone is another user's",
        "rehearse",
        {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"},
        sees="git config --global --add safe.directory",
    ),
    Machine("an empty PATH", "http", {"PATH": ""}),
    Machine("no git, a set-up", "set_up", {"PATH": "{no_git}"}),
    # What a POSIX shell sets.
    Machine("umask 077", "run", before="umask 077"),
    Machine("umask 077, a check", "check", before="umask 077"),
    Machine("umask 077, a set-up", "set_up", before="umask 077"),
    Machine("ulimit -n 64", "run", before="ulimit -n 64"),
    Machine("ulimit -n 64, a check", "check", before="ulimit -n 64"),
    Machine("ulimit -n 16", "db_url", before="ulimit -n 16"),
    Machine("stdout is closed", "db_url", before="exec >&-"),
    Machine("stdin is closed", "run", before="exec <&-"),
    Machine("stderr is closed", "http", before="exec 2>&-"),
    Machine("stdout's disk is full", "overview", before="exec >/dev/full", sees="disk is full"),
    Machine("what it prints goes to `head -1`", "overview_to_head"),
    Machine(
        "no room for a file", "db_url", {"COURSE_HOME": "{folder}/home"}, before="ulimit -f 100", sees="File too large"
    ),
    Machine("SIGHUP is ignored, as under nohup", "run", before="trap '' HUP"),
    Machine("SIGCHLD is ignored, as by some launchers", "check", before="trap '' CHLD"),
    Machine("400 MB of memory for a process", "check", before="ulimit -v 400000"),
    Machine("all descriptors are closed, a set-up", "set_up", before="exec <&- 2>&-"),
    # The network of this machine.
    Machine("the port is taken", "run_on_taken_port", sees="is taken; this is on port"),
    Machine("nothing is served", "http", {"COURSE_URL": "http://127.0.0.1:9"}, sees="No server answered .* course run"),
    Machine("a server on IPv6 alone, and a proxy", "http_on_ipv6", {"http_proxy": NOBODY, "ALL_PROXY": NOBODY}),
    Machine(
        "a deployed address behind a SOCKS proxy",
        "http",
        {"COURSE_URL": "https://example.com", "ALL_PROXY": "socks5://127.0.0.1:9"},
        sees="SOCKS proxy",
    ),
    Machine(
        "a deployed address behind a proxy that is down",
        "http",
        {"COURSE_URL": "https://example.com", "HTTPS_PROXY": NOBODY},
        sees="No server answered",
    ),
    # Shells that rewrite what is typed.
    Machine("Git Bash rewrites /health", "http_as_git_bash", {"MSYSTEM": "MINGW64"}),
    Machine("Git Bash of another folder", "http_as_msys", {"MSYSTEM": "UCRT64"}),
    Machine("Git Bash, and a WebSocket", "ws_as_git_bash", {"MSYSTEM": "MINGW64"}),
]

# Disks, users and networks that only root can make. A student may have them.
OF_ROOT = [
    Machine(
        "the disk of the data is full",
        "db_url",
        {"COURSE_HOME": "{folder}/disk/home"},
        before=disk("size=20m,mode=755"),
        sees="the disk is full",
    ),
    Machine(
        "the disk of the workspace is full",
        "start_04",
        {"COURSE_WORKSPACE": "{folder}/disk/mine"},
        before=disk("size=200k"),
        sees="disk is full",
    ),
    Machine("TMPDIR on a disk without programs", "check", {"TMPDIR": "{folder}/disk"}, before=disk("noexec")),
    Machine(
        "the course on a disk without programs",
        "db_url",
        before=namespace("--mount", f"mount --bind {ROOT} {ROOT}", f"mount -o remount,bind,noexec,ro {ROOT}"),
        sees="without the right to run programs .noexec.: copy the course to another disk",
    ),
    Machine(
        "the course on a disk that can't be written",
        "db_url",
        without=("COURSE_HOME",),
        before=namespace("--mount", f"mount --bind {ROOT} {ROOT}", f"mount -o remount,bind,ro {ROOT}"),
        sees="set COURSE_HOME to a folder of your own",
    ),
    Machine("no watcher is left, a run", "run_and_save", {"COURSE_HOME": "{folder}/home"}, before=WITHOUT_WATCHERS),
    Machine("/etc/hosts is empty", "run", before=namespace("--mount", "mount --bind /dev/null /etc/hosts")),
    Machine(
        "the loopback interface is down",
        "run",
        before=namespace("--net"),
        sees="does not reach its own address .*: switch its loopback interface on",
    ),
    Machine(
        "root in a container that knows no other user",
        "db_url",
        {"COURSE_HOME": "{folder}/home"},
        before=namespace("--user --map-root-user"),
        sees="this root may not become another user .*: call the course as an ordinary user, or set DATABASE_URL",
    ),
    Machine(
        "a user of whom /etc/passwd knows nothing",
        "db_url",
        {"COURSE_HOME": "{folder}/home"},
        without=("HOME",),
        before=f"chmod 777 {{folder}}; {user(12345)}",
        sees="user does not exist: add it to /etc/passwd, or call the course as a user that is there",
    ),
    Machine(
        "the course's data are another user's",
        "db_url",
        before=user(12345),
        sees="another user: give it to this one, or set COURSE_HOME",
    ),
]

# What is odd about each is something that a shell, pip, a glob, an ini file or a URL reads as its own. Where there are
# several in one name, none hides another: a space, say, makes a program quote what it would otherwise read.
FOLDERS = [
    "a space",
    "100% kurs",
    "50%(x)s",
    "[kurs]",
    "kurs [1], it's mine",
    'a "quote"',
    "c#{braces}a+b=c@d,e",
    "100$ $HOME",
    "müller курс 🐍",
    "a & b; c",
    "-dash",
    "~tilde",
    "back\\slash",
    "server/share.example.com/node_modules/.git",
    "x" * 120,
    "a link",
    "a:colon",
]
CHECKED = ("100% kurs", "kurs [1], it's mine", "müller курс 🐍", "a link")  # where a step is checked too
NOT_SERVED = {
    name: f"PostgreSQL can't be started from a folder with a {character} in its name: rename {{folder}}."
    for name, character in (('a "quote"', '"'), ("100$ $HOME", "$"), ("back\\slash", "\\"))
}
REFUSED = {
    "a:colon": "The folder {folder} has a ':' in its name, which separates folders in a PATH: rename it.",
}
if os.name == "nt":  # which has no such names
    FOLDERS = [each for each in FOLDERS if not set(each) & set('":\\')]
