"""Machines as students have them: what is odd about each, what is tried there, and what its user sees."""

import os
from dataclasses import dataclass, field

NOBODY = "http://127.0.0.1:9"  # a proxy that answers nothing
WORKS = ""  # the user sees what everybody sees


@dataclass(frozen=True)
class Machine:
    """One row. `{folder}` in a value is an empty folder of this row's, `{gone}` a path where nothing is."""

    odd: str
    tried: str  # the name of a function of probes.py
    variables: dict[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()  # variables that are not set there
    before: str = ""  # what a POSIX shell does before it starts the course
    sees: str = WORKS


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
    Machine("a proxy, and course check", "check", {"http_proxy": NOBODY, "ALL_PROXY": "socks5://127.0.0.1:9"}),
    # Certificates.
    Machine("SSL_CERT_FILE is gone", "run", {"SSL_CERT_FILE": "{gone}"}),
    Machine(
        "REQUESTS_CA_BUNDLE and SSL_CERT_DIR are gone",
        "http",
        {"REQUESTS_CA_BUNDLE": "{gone}", "SSL_CERT_DIR": "{gone}"},
    ),
    Machine("SSL_CERT_FILE is an empty folder", "verify", {"SSL_CERT_FILE": "{folder}"}),
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
    # DATABASE_URL and JWT_SECRET of another project.
    Machine(
        "DATABASE_URL is sqlite's",
        "run",
        {"DATABASE_URL": "sqlite:///x.db", "COURSE_POSTGRES": ""},
        sees="DATABASE_URL",
    ),
    Machine(
        "DATABASE_URL's server is not there",
        "run",
        {"DATABASE_URL": "postgresql://me@127.0.0.1:9/x", "COURSE_POSTGRES": ""},
        sees="can't be reached",
    ),
    Machine("JWT_SECRET is short", "run", {"JWT_SECRET": "short"}, sees="JWT_SECRET is .* 32"),
    Machine("COURSE_POSTGRES is misspelt", "db_url", {"COURSE_POSTGRES": "docker"}, sees="COURSE_POSTGRES is 'docker'"),
    Machine("DOCKER_HOST where no engine is", "exec", {"DOCKER_HOST": "tcp://127.0.0.1:9", "COURSE_POSTGRES": ""}),
    # Terminals and languages.
    Machine("LC_ALL=C", "run", {"LC_ALL": "C", "LANG": "C"}),
    Machine("a console of Windows (cp1252)", "overview", {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}),
    Machine("a Turkish locale", "overview", {"LC_ALL": "tr_TR.ISO-8859-9", "LANG": "tr_TR"}),
    Machine("a locale that is not installed", "db_url", {"LC_ALL": "xx_YY.UTF-8"}),
    Machine("TERM=dumb", "doctor", {"TERM": "dumb"}),
    Machine("TERM is not set, COLUMNS=60", "doctor", {"COLUMNS": "60"}, without=("TERM",)),
    Machine("FORCE_COLOR=1", "http", {"FORCE_COLOR": "1"}),
    # Folders of the user's.
    Machine("HOME is gone", "run", {"HOME": "{gone}", "USERPROFILE": "{gone}"}),
    Machine("HOME is not set", "check", without=("HOME", "USERPROFILE")),
    Machine("HOME can't be written", "run_05a", {"HOME": "/proc"}),
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
    Machine("no git, a rehearsal", "rehearse", {"PATH": "{no_git}"}, sees="no git on this machine: install it"),
    Machine(
        "the clone is another user's",
        "rehearse",
        {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"},
        sees="git config --global --add safe.directory",
    ),
    Machine("an empty PATH", "http", {"PATH": ""}),
    # What a POSIX shell sets.
    Machine("umask 077", "run", before="umask 077"),
    Machine("umask 077, a check", "check", before="umask 077"),
    Machine("ulimit -n 64", "run", before="ulimit -n 64"),
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
    # The network of this machine.
    Machine("the port is taken", "run_on_taken_port", sees="is taken; this is on port"),
    Machine("nothing is served", "http", {"COURSE_URL": "http://127.0.0.1:9"}, sees="No server answered .* course run"),
    Machine("IPv6 alone", "http", {"COURSE_URL": "http://[::1]:9"}, sees="No server answered"),
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
