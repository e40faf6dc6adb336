"""What this machine's environment may say to the course: to its own process, its children, its clients.

A proxy, a certificate that has gone, PGPORT, PYTHONPATH or conda are meant for other programs, and would change what
the course does. Standard library only, and little of it: this is read before anything else.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from course.errors import CourseError

if TYPE_CHECKING:
    import httpx
    from websockets.asyncio.client import connect

Client = TypeVar("Client")
# Variables that mean something to Python, PostgreSQL, pytest, nox or git wherever they come from.
FOREIGN_BEGINNINGS = (*("CONDA_", "_CONDA", "_CE_", "MAMBA_", "NOX", "PG", "PYTHON", "UVICORN_", "VIRTUALENV_"),)
FOREIGN = {
    *("ALEMBIC_CONFIG", "BASH_ENV", "FORWARDED_ALLOW_IPS", "SSLKEYLOGFILE", "VIRTUAL_ENV", "WEB_CONCURRENCY"),
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"),
    *("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_DEBUG"),
    "__PYVENV_LAUNCHER__",  # macOS: which Python started this one
}
HARMLESS = {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONUNBUFFERED", "PYTHONUTF8"}
CERTIFICATES = {
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "PIP_CLIENT_CERT"),
    *("GIT_SSL_CAINFO", "OPENSSL_CONF"),
}
# What any program needs to know of its machine, its user and its terminal. None of it is a setting of an app.
OF_THE_MACHINE = {
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LD_LIBRARY_PATH"),
    *("TERM", "COLORTERM", "TERMINFO", "COLUMNS", "LINES", "NO_COLOR", "INPUTRC"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERNAME", "USERPROFILE"),
    *("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
}
BEGINNINGS_OF_THE_MACHINE = ("LC_", "COURSE_")
LEFT_OUT = "COURSE_LEFT_OUT"
PROXIES = {"http_proxy", "https_proxy", "ftp_proxy", "ws_proxy", "wss_proxy", "socks_proxy", "all_proxy", "no_proxy"}
# An installer hears where packages come from, and nothing else: `user`, `target` or a constraint would lead it astray.
FROM_WHERE = {
    *("CACHE_DIR", "CERT", "CLIENT_CERT", "CONFIG_FILE", "DEFAULT_TIMEOUT", "EXTRA_INDEX_URL", "FIND_LINKS"),
    *("INDEX_URL", "KEYRING_PROVIDER", "NO_CACHE_DIR", "NO_INDEX", "PROXY", "RETRIES", "TIMEOUT", "TRUSTED_HOST"),
    "USE_FEATURE",  # truststore: the certificates that the system trusts
    *("CONCURRENT_DOWNLOADS", "DEFAULT_INDEX", "HTTP_TIMEOUT", "INDEX", "INSECURE_HOST", "LINK_MODE", "NATIVE_TLS"),
    *("NO_CACHE", "OFFLINE", "SYSTEM_CERTS"),
}
PIP_LISTED = re.compile(r"^(?:global|install)\.([\w-]+)=(.+)$", re.MULTILINE)


def _is_foreign(name: str) -> bool:
    name = name.upper()  # Windows has no small letters in them
    return name in FOREIGN or (name.startswith(FOREIGN_BEGINNINGS) and name not in HARMLESS)


def _is_missing_certificate(name: str, value: str) -> bool:
    return name.upper() in CERTIFICATES and not any(Path(each).exists() for each in value.split(os.pathsep) if each)


def foreign(variables: Mapping[str, str]) -> list[str]:
    """The names of the variables that the course leaves out everywhere."""
    return [name for name, value in variables.items() if _is_foreign(name) or _is_missing_certificate(name, value)]


def outward(**more: str) -> dict[str, str]:
    """The environment of a child that asks others, such as an installer: the user's proxy and certificates stay."""
    left_out = foreign(os.environ)
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "PYTHONUTF8": "1", **more}


def child(**more: str) -> dict[str, str]:
    """The environment of a child that talks to this machine alone: no proxy, not even one that the system names."""
    kept = {name: value for name, value in outward().items() if name.lower() not in PROXIES}
    return {**kept, "no_proxy": "*", **more}


def without_settings(**more: str) -> dict[str, str]:
    """The environment of a child whose app gets its settings from the course alone.

    One that is in the user's shell for the app at work, such as BCRYPT_ROUNDS, would otherwise fail its tests.
    """
    kept = {
        name: value
        for name, value in child().items()
        if name in OF_THE_MACHINE | HARMLESS | {"no_proxy"} or name.startswith(BEGINNINGS_OF_THE_MACHINE)
    }
    return {**kept, **more}


def installer(**more: str) -> dict[str, str]:
    """The environment of pip and uv: where packages come from is the user's choice, where they go is not."""
    kept = {
        name: value
        for name, value in outward().items()
        if not name.startswith(("PIP_", "UV_")) or (name.startswith("UV_") and name[3:] in FROM_WHERE)
    }
    return {**kept, **pip_settings(), "PIP_NO_INPUT": "1", **more}


def pip_settings() -> dict[str, str]:
    """What pip is told of where packages come from, by its files and by variables, which win: as variables, alone."""
    import ast
    import subprocess

    outside = outward()
    own = {name: value for name, value in outside.items() if name.startswith("PIP_") and name[4:] in FROM_WHERE}
    if own.get("PIP_CONFIG_FILE") == os.devnull:  # then pip reads no file
        return {name: value for name, value in own.items() if value}
    others = {name: value for name, value in outside.items() if not name.startswith("PIP_")}
    files = {"PIP_CONFIG_FILE": own["PIP_CONFIG_FILE"]} if "PIP_CONFIG_FILE" in own else {}
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env={**others, **files},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if listed.returncode:  # no pip here, or a file that it can't read, which it tells itself
        return own
    names = {"PIP_" + name.upper().replace("-", "_"): value for name, value in PIP_LISTED.findall(listed.stdout)}
    of_files = {name: str(ast.literal_eval(value)) for name, value in names.items() if name[4:] in FROM_WHERE}
    given = {name: value for name, value in own.items() if value}
    return {**of_files, **given, "PIP_CONFIG_FILE": os.devnull}


def open_streams() -> None:
    """Give this process, and its children, the streams that were closed when it was started: nothing goes through."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open("w" if number else "r", encoding="utf-8")  # noqa: SIM115 (as long as Python)
            if stream.fileno() != number:
                os.dup2(stream.fileno(), number)
            os.set_inheritable(number, True)
            setattr(sys, name, stream)


def seal() -> None:
    """Leave out of this process what is not meant for the course."""
    names = foreign(os.environ)
    if names:
        os.environ[LEFT_OUT] = ",".join(dict.fromkeys([*left_out(), *names]))
    for name in names:
        del os.environ[name]
    os.environ["PYTHONUTF8"] = "1"
    try:
        Path.home()
    except RuntimeError:  # a container's user of whom /etc/passwd knows nothing: nox and others ask for a home
        from tempfile import gettempdir

        os.environ["HOME"] = gettempdir()


def left_out() -> list[str]:
    """The names of the variables that were left out of this process, or of the one that has started it over."""
    return [name for name in os.environ.get(LEFT_OUT, "").split(",") if name]


def enter() -> None:
    """Seal this process; a Python that has heard of such variables already is started over without them.

    PYTHONPATH has put its folders before those of an environment, PYTHONWARNINGS=error makes errors of warnings.
    """
    open_streams()
    heard = [name for name in foreign(os.environ) if name.upper().startswith("PYTHON")]
    seal()
    if heard and not sys.flags.ignore_environment:
        start_over(sys.executable)


def start_over(python: str) -> None:
    """Start this process's own command line again, with another Python or in another environment."""
    command = [python, *sys.orig_argv[1:]]
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606
    import signal
    import subprocess

    running = subprocess.Popen(command)
    for each in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", signal.SIGINT)):
        signal.signal(each, signal.SIG_IGN)  # Windows tells both processes of a Ctrl-C: this one waits for the other
    sys.exit(running.wait())


def is_here(url: str) -> bool:
    """Is it a server on this machine? Nothing that is asked of it goes through a proxy."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def http(url: str, **options: Any) -> httpx.Client:
    """A client of the server at a URL. Raises CourseError if the proxy that the user names can't be used."""
    import httpx

    return _client(httpx.Client, url, options)


def async_http(url: str, **options: Any) -> httpx.AsyncClient:
    """As `http`, for coroutines."""
    import httpx

    return _client(httpx.AsyncClient, url, options)


def _client(make: Callable[..., Client], url: str, options: dict[str, Any]) -> Client:
    """A client, or what httpx says of a proxy or a certificate, as one sentence."""
    try:
        return make(base_url=url, **_trust(url), **options)
    except ImportError as error:
        raise CourseError(
            "A proxy variable (such as ALL_PROXY) names a SOCKS proxy, which can't be used for this: set "
            "HTTPS_PROXY to an http:// one, or unset it."
        ) from error
    except (OSError, ValueError) as error:
        raise CourseError(
            f"A variable for proxies or certificates (HTTPS_PROXY, SSL_CERT_FILE) can't be used ({error}): "
            "set it right, or unset it."
        ) from error


def _trust(url: str) -> dict[str, Any]:
    """On this machine no proxy is used, but a certificate's authority (SSL_CERT_FILE) counts as it does elsewhere."""
    import ssl

    import httpx

    if not is_here(url):
        return {}
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made at once: to read whom others trust takes 50 ms
    return {"trust_env": False, "verify": httpx.create_ssl_context() if url.startswith("https:") else nobody}


def request(method: str, url: str, *, timeout: float = 60, **options: Any) -> httpx.Response:
    """One request, on a connection of its own."""
    with http(url, timeout=timeout) as client:
        return client.request(method, url, **options)


def websocket(url: str, **options: Any) -> connect:
    """A WebSocket to the server at a URL."""
    from websockets.asyncio.client import connect

    return connect(url, **{"proxy": None if is_here(url) else True, **options})
