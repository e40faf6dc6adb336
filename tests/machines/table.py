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

# Several things are odd about a machine where none hides another: each alone would make the row fail.
MACHINES = [
    # Proxies, certificates, and a Python that is not clean. Nothing on 127.0.0.1 goes through a proxy.
    Machine(
        "http_proxy is down, SSL_CERT_FILE is gone, an active conda, PGPORT=5433, LC_ALL=C",
        "run",
        {
            "http_proxy": NOBODY,
            "SSL_CERT_FILE": "{gone}",
            **{"CONDA_PREFIX": "{folder}", "CONDA_DEFAULT_ENV": "base", "CONDA_SHLVL": "1"},
            "PGPORT": "5433",
            **{"LC_ALL": "C", "LANG": "C"},
        },
    ),
    Machine(
        "HTTP_PROXY and HTTPS_PROXY are down, REQUESTS_CA_BUNDLE and SSL_CERT_DIR are gone, PYTHONINSPECT=1",
        "http",
        {
            **{"HTTP_PROXY": NOBODY, "HTTPS_PROXY": NOBODY},
            **{"REQUESTS_CA_BUNDLE": "{gone}", "SSL_CERT_DIR": "{gone}"},
            "PYTHONINSPECT": "1",
        },
    ),
    Machine("ALL_PROXY is a SOCKS proxy", "run_06", {"ALL_PROXY": "socks5://127.0.0.1:9"}),
    Machine(
        "ALL_PROXY is a SOCKS proxy, SSLKEYLOGFILE can't be written, FORCE_COLOR=1",
        "http",
        {"ALL_PROXY": "socks5h://127.0.0.1:9", "SSLKEYLOGFILE": "{gone}/keys", "FORCE_COLOR": "1"},
    ),
    Machine(
        "a proxy without http:// before it, PYTHONPATH with another typer and httpx",
        "http",
        {"http_proxy": "127.0.0.1:9", "PYTHONPATH": "{modules}"},
    ),
    Machine(
        "a proxy of a kind that nobody knows, PYTHONDEVMODE=1 and PYTHONASYNCIODEBUG=1, an empty PATH",
        "http",
        {"ALL_PROXY": "ftp://127.0.0.1:9", "PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1", "PATH": ""},
    ),
    Machine("no_proxy names other machines", "ws", {"http_proxy": NOBODY, "no_proxy": "example.com"}),
    Machine(
        "ws_proxy and socks_proxy, SSL_CERT_FILE is no certificate",
        "ws",
        {
            **{"ws_proxy": NOBODY, "socks_proxy": "socks5://127.0.0.1:9"},
            **{"SSL_CERT_FILE": "{file}", "SSL_CERT_DIR": "{folder}"},
        },
    ),
    Machine(
        "a proxy, SSL_CERT_FILE is an empty folder, PYTEST_ADDOPTS of another project",
        "verify",
        {
            **{"http_proxy": NOBODY, "ALL_PROXY": "socks5://127.0.0.1:9"},
            "SSL_CERT_FILE": "{folder}",
            **{"PYTEST_ADDOPTS": "--nonsense", "PYTEST_PLUGINS": "nobody"},
        },
    ),
    Machine(
        "SSL_CERT_FILE is no certificate, elsewhere",
        "http",
        {"COURSE_URL": "https://example.com", "SSL_CERT_FILE": "{file}"},
        sees="SSL_CERT_FILE.*set it right, or unset it",
    ),
    Machine(
        "all_proxy and https_proxy, PYTHONPATH and PYTHONCASEOK, JUPYTER_* and MPLBACKEND, PGSERVICE, HOME is gone",
        "lab",
        {
            **{"all_proxy": "socks5://127.0.0.1:9", "https_proxy": NOBODY},
            **{"PYTHONPATH": "{modules}", "PYTHONCASEOK": "1"},
            **{"JUPYTER_PORT": "9", "MPLBACKEND": "nonsense"},
            **{"PGSERVICE": "mine", "PGPORT": "5433"},
            **{"HOME": "{gone}", "USERPROFILE": "{gone}"},
        },
    ),
    Machine(
        "HTTPS_PROXY and PIP_PROXY are down, a Turkish locale, TMPDIR with a space",
        "set_up",
        {
            **{"HTTPS_PROXY": NOBODY, "PIP_PROXY": NOBODY},
            **{"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR"},
            **{"TMPDIR": "{folder}/a b", "TEMP": "{folder}/a b"},
        },
    ),
    Machine(
        "SSL_CERT_FILE and PIP_CERT are gone, PYTHONUSERBASE with a usercustomize, no git",
        "set_up",
        {
            **{"SSL_CERT_FILE": "{gone}", "PIP_CERT": "{gone}"},
            **{"PYTHONUSERBASE": "{modules}", "PYTHONNOUSERSITE": ""},
            "PATH": "{no_git}",
        },
    ),
    # Python's own variables.
    Machine(
        "PYTHONPATH with another uvicorn, UVICORN_LOG_LEVEL, WEB_CONCURRENCY=4, PGOPTIONS and more, HOME is gone",
        "run",
        {
            "PYTHONPATH": "{modules}",
            **{"UVICORN_LOG_LEVEL": "critical", "WEB_CONCURRENCY": "4"},
            **{"PGOPTIONS": "-c nonsense=1", "PGTZ": "x", "PGCLIENTENCODING": "LATIN1", "PGDATA": "{gone}"},
            **{"HOME": "{gone}", "USERPROFILE": "{gone}"},
        },
    ),
    Machine(
        "PYTHONWARNINGS=error, COURSE_HOME with brackets, % and a space, no git",
        "run",
        {"PYTHONWARNINGS": "error", "COURSE_HOME": "{folder}/100% [my] home", "PATH": "{no_git}"},
    ),
    Machine("PYTHONIOENCODING=ascii and PYTHONUTF8=0", "overview", {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}),
    Machine(
        "PYTHONSTARTUP is gone, PYTHONSAFEPATH=1, LD_LIBRARY_PATH with another libpq, PGSSLMODE=verify-full",
        "db_url",
        {
            **{"PYTHONSTARTUP": "{gone}", "PYTHONSAFEPATH": "1"},
            "LD_LIBRARY_PATH": "{libraries}",
            **{"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{gone}"},
        },
    ),
    Machine(
        "PYTHONSAFEPATH=1, a first call: Python itself says so",
        "set_up",
        {"PYTHONSAFEPATH": "1"},
        sees="No module named course",  # the README says what to do
    ),
    Machine("PYTHONHOME is this Python's", "http", {"PYTHONHOME": sys.base_prefix}),
    # A step is checked.
    Machine(
        "a proxy, another virtual environment is active, PYTEST_ADDOPTS of another project, HOME is not set",
        "check",
        {
            **{"http_proxy": NOBODY, "ALL_PROXY": "socks5://127.0.0.1:9"},
            "VIRTUAL_ENV": "{gone}",
            "PYTEST_ADDOPTS": "--nonsense -x",
        },
        without=("HOME", "USERPROFILE"),
    ),
    Machine(
        "PYTHONOPTIMIZE=2, called by a git hook, PGTARGETSESSIONATTRS=standby, COURSE_WORKSPACE below a conftest",
        "check",
        {
            "PYTHONOPTIMIZE": "2",
            **{"GIT_DIR": "{gone}", "GIT_INDEX_FILE": "{gone}"},
            **{"PGTARGETSESSIONATTRS": "standby", "PGPORT": "1"},
            "COURSE_WORKSPACE": "{project}/mine",
        },
    ),
    Machine(
        "PYTHONVERBOSE=1 and PYTHONMALLOC=debug, TMPDIR with a space",
        "check",
        {
            **{"PYTHONVERBOSE": "1", "PYTHONMALLOC": "debug"},
            **{"TMPDIR": "{folder}/a b", "TEMP": "{folder}/a b"},
        },
    ),
    Machine(
        "a terminal of 20 columns, HOME with settings of git and pytest, COURSE_WORKSPACE with brackets and a quote",
        "check",
        {"COLUMNS": "20", "LINES": "5", "HOME": "{settings}", "COURSE_WORKSPACE": "{folder}/it's [mine]"},
    ),
    Machine(
        "HOME with a .pgpass that others may read, no git",
        "check",
        {"HOME": "{readable}", "PATH": "{no_git}"},
    ),
    Machine(
        "umask 077, ulimit -n 64, SIGCHLD is ignored, as by some launchers, 400 MB of memory for a process",
        "check",
        before="umask 077; ulimit -n 64; trap '' CHLD; ulimit -v 400000",
    ),
    Machine(
        "settings of an app at work",
        "check_settings",
        {
            "BCRYPT_ROUNDS": "99",
            "jwt_secret": "short",
            "JWT_EXPIRES_MINUTES": "x",
            "DATABASE_DIRECT_URL": "sqlite:///x",
        },
    ),
    # Programs with variables of their own.
    Machine(
        "ALEMBIC_CONFIG of another project, PGHOST, PGUSER, PGDATABASE and PGPASSWORD, HOME can't be written",
        "run_05a",
        {
            "ALEMBIC_CONFIG": "{gone}",
            **{"PGHOST": "db", "PGUSER": "me", "PGDATABASE": "x", "PGPASSWORD": "y"},
            "HOME": "/proc",
        },
    ),
    Machine(
        "NOXSESSION and VIRTUALENV_* of another project",
        "sessions",
        {"NOXSESSION": "nonsense", "VIRTUALENV_CLEAR": "x"},
    ),
    Machine(
        "PIP_* and UV_* of another project, umask 077",
        "set_up",
        {"PIP_USER": "1", "PIP_TARGET": "{gone}"},
        before="umask 077",
    ),
    Machine(
        "LD_PRELOAD names what is gone, a locale that is not installed, TMPDIR is gone",
        "db_url",
        {"LD_PRELOAD": "{gone}.so", "LC_ALL": "xx_YY.UTF-8", "TMPDIR": "{gone}", "TEMP": "{gone}", "TMP": "{gone}"},
    ),
    # PostgreSQL's own variables.
    Machine(
        "PGSERVICE and PGSERVICEFILE are gone, PGPASSFILE, PGCONNECT_TIMEOUT=x, HOME with settings of psql",
        "shell",
        {
            **{"PGSERVICE": "mine", "PGSERVICEFILE": "{gone}", "PGPORT": "5433"},
            **{"PGPASSFILE": "{file}", "PGCONNECT_TIMEOUT": "x"},
            "HOME": "{settings}",
        },
    ),
    # DATABASE_URL of another project.
    Machine(
        "DATABASE_URL is sqlite's",
        "run",
        {"DATABASE_URL": "sqlite:///x.db", "COURSE_POSTGRES": ""},
        sees=SQLITE,
    ),
    Machine("DATABASE_URL is sqlite's, the doctor", "doctor", {"DATABASE_URL": "sqlite:///x.db"}, sees=SQLITE),
    # Terminals and languages.
    Machine("a console of Windows (cp1252)", "overview", {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}),
    Machine("a Turkish locale", "overview", {"LC_ALL": "tr_TR.ISO-8859-9", "LANG": "tr_TR"}),
    Machine("TERM=dumb", "doctor", {"TERM": "dumb"}),
    Machine(
        "TERM is not set, COLUMNS=60, no git",
        "doctor_without_git",
        {"COLUMNS": "60", "PATH": "{no_git}"},
        without=("TERM",),
    ),
    # Folders of the user's.
    Machine("HOME with settings that can't be read", "exec", {"HOME": "{settings}", "COURSE_POSTGRES": ""}),
    Machine("HOME with settings of pip", "set_up", {"HOME": "{settings}"}),
    Machine(
        "COURSE_HOME can't be written", "db_url", {"COURSE_HOME": "/proc/course"}, sees="/proc/course.* COURSE_HOME"
    ),
    Machine("COURSE_HOME is a file", "db_url", {"COURSE_HOME": "{file}"}, sees="COURSE_HOME"),
    # Programs that are not there.
    Machine("no git, a rehearsal", "rehearse", {"PATH": "{no_git}"}, sees="no git on this machine: install it"),
    Machine(
        "the clone is another user's",
        "rehearse",
        {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"},
        sees="git config --global --add safe.directory",
    ),
    # What a POSIX shell sets.
    Machine(
        "umask 077, ulimit -n 64, SIGHUP is ignored, as under nohup, stdin is closed",
        "run",
        before="umask 077; ulimit -n 64; trap '' HUP; exec <&-",
    ),
    Machine("ulimit -n 16", "db_url", before="ulimit -n 16"),
    Machine("stdout is closed", "db_url", before="exec >&-"),
    Machine("stderr is closed", "http", before="exec 2>&-"),
    Machine("stdout's disk is full", "overview", before="exec >/dev/full", sees="disk is full"),
    Machine("what it prints goes to `head -1`", "overview_to_head"),
    Machine(
        "no room for a file", "db_url", {"COURSE_HOME": "{folder}/home"}, before="ulimit -f 100", sees="File too large"
    ),
    Machine("all descriptors are closed, a set-up", "set_up", before="exec <&- 2>&-"),
    # The network of this machine.
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
