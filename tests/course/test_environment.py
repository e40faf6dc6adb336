"""What the course's children and clients see of a machine that is not clean."""

import ast
import os
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from course import environment
from course.errors import CourseError
from course.machine.material import testing
from course.paths import ROOT
from course.stages import STAGES, Stage

MISSING = "/no/such/file.pem"
HOSTILE = {
    "PGPORT": "5433",
    "PGSSLMODE": "verify-full",
    "PYTHONPATH": "/somewhere",
    "PYTHONWARNINGS": "error",
    "PYTHONHASHSEED": "nonsense",
    "CONDA_PREFIX": "/opt/conda",
    "VIRTUAL_ENV": "/somewhere/.venv",
    "UVICORN_LOG_LEVEL": "critical",
    "ALEMBIC_CONFIG": "/somewhere/alembic.ini",
    "GIT_DIR": "/somewhere/.git",
    "SSL_CERT_FILE": MISSING,
    "REQUESTS_CA_BUNDLE": MISSING,
}
PROXY = "http://127.0.0.1:9"
PROXIES = {"http_proxy": PROXY, "HTTPS_PROXY": PROXY, "ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": "example.com"}
LOOPBACK = (
    "http://127.0.0.1:8000",
    "http://127.8.9.1",
    "http://localhost:1",
    "http://[::1]:8000",
    "ws://127.0.0.1:1/ws",
)
ELSEWHERE = ("https://example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "https://localhost.example.com")


def settings_of(stage: Stage) -> list[str]:
    """The names of a stage's settings: the fields of its class Settings."""
    [path] = [each for each in stage.folder.rglob("settings.py") if "lesson" not in each.parts]
    module = ast.parse(path.read_text(encoding="utf-8"))
    [fields] = [each.body for each in module.body if isinstance(each, ast.ClassDef) and each.name == "Settings"]
    return [each.target.id for each in fields if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)]


@pytest.mark.parametrize("stage", STAGES, ids=[stage.id for stage in STAGES])
def test_a_run_of_tests_sees_no_setting_of_the_shell_it_is_called_in(stage: Stage) -> None:
    names = settings_of(stage)
    assert "database_url" in names
    mine = {each: "mine" for name in names for each in (name, name.upper(), name.title())}
    with patch.dict(os.environ, mine):
        seen = testing._environment("postgresql://ours")
    assert "mine" not in seen.values()
    assert (seen["DATABASE_URL"], seen["JWT_SECRET"]) == ("postgresql://ours", testing.JWT_SECRET)
    assert seen["PATH"] == os.environ["PATH"]
    assert seen["no_proxy"] == "*"


@pytest.mark.parametrize(
    "make", [environment.child, environment.outward, environment.installer, environment.without_settings]
)
def test_no_child_sees_what_is_meant_for_other_programs(make: type[environment.child]) -> None:
    with patch.dict(os.environ, HOSTILE):
        assert not HOSTILE.keys() & make().keys()


def test_a_child_that_talks_to_this_machine_sees_no_proxy_and_asks_no_system_for_one() -> None:
    with patch.dict(os.environ, PROXIES):
        seen = environment.child()
    assert not PROXIES.keys() & seen.keys()
    with (
        patch.dict(os.environ, seen, clear=True),
        patch("urllib.request.getproxies_macosx_sysconf", lambda: {"http": PROXY}, create=True),
        patch("urllib.request.getproxies_registry", lambda: {"http": PROXY}, create=True),
        httpx.Client() as client,
    ):
        assert not any(client._mounts.values())


def test_a_child_that_asks_others_keeps_the_users_proxy_and_certificates(tmp_path: Path) -> None:
    mine = {**PROXIES, "SSL_CERT_FILE": str(tmp_path), "PIP_CERT": str(tmp_path), "PIP_INDEX_URL": "https://mine"}
    with patch.dict(os.environ, mine):
        assert mine.items() <= environment.outward().items()
        assert mine.items() <= environment.installer().items()


def test_an_installer_installs_into_the_environment_whatever_it_was_told() -> None:
    told = {"PIP_TARGET": "/else", "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1", "PIP_CONSTRAINT": "/else"}
    with patch.dict(os.environ, {**told, "PIP_NO_BINARY": ":all:", "UV_SYSTEM_PYTHON": "1"}):
        seen = environment.installer()
    assert not any(seen.get(name) == value for name, value in told.items())
    assert not {"PIP_NO_BINARY", "UV_SYSTEM_PYTHON"} & seen.keys()


def test_where_pip_is_told_to_read_no_file_it_is_not_asked_for_them() -> None:
    told = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://mine"}
    with patch.dict(os.environ, told), patch("subprocess.run", side_effect=AssertionError("asked")):
        assert told.items() <= environment.pip_settings().items()


@pytest.mark.parametrize("url", LOOPBACK)
def test_what_is_asked_of_this_machine_goes_through_no_proxy(url: str) -> None:
    assert environment.is_here(url)
    with patch.dict(os.environ, {**PROXIES, "SSL_CERT_FILE": MISSING}), environment.http(url) as client:
        assert not any(client._mounts.values())


def test_a_server_of_this_machine_without_tls_is_asked_without_reading_whom_others_trust() -> None:
    with patch.object(ssl.SSLContext, "load_verify_locations", side_effect=AssertionError("read")):
        environment.http("http://127.0.0.1:8000").close()


@pytest.mark.parametrize("url", ELSEWHERE)
def test_what_is_asked_of_others_goes_through_the_users_proxy(url: str) -> None:
    assert not environment.is_here(url)
    with patch.dict(os.environ, {"https_proxy": PROXY}), environment.http(url) as client:
        assert any(client._mounts.values())


@pytest.mark.parametrize(
    ("variables", "told"),
    [({"ALL_PROXY": "socks5://127.0.0.1:9"}, "SOCKS"), ({"HTTPS_PROXY": "ftp://127.0.0.1"}, "HTTPS_PROXY")],
)
def test_a_proxy_that_cannot_be_used_is_told_in_one_sentence(variables: dict[str, str], told: str) -> None:
    with patch.dict(os.environ, variables), pytest.raises(CourseError, match=told):
        environment.http("https://example.com")


# Those that may: the module itself, and one whose children are the course, which sees to it itself.
EXCEPT = {"course/environment.py", "course/author/lesson_runner.py"}
CLIENTS = {
    *(f"httpx.{name}" for name in ("get", "post", "put", "patch", "delete", "request", "stream", "Client")),
    *("httpx.AsyncClient", "urllib.request.urlopen", "urllib.request.urlretrieve", "http.client.HTTPConnection"),
    *("requests.get", "requests.post", "requests.Session", "aiohttp.ClientSession"),
}
CHILDREN = {
    *(f"subprocess.{name}" for name in ("Popen", "run", "call", "check_call", "check_output")),
    *("processes.run_apart", "run_apart", "processes.start"),
}


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Each piece of the Python files below some folders, and where it stands; not of what runs without the course."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            file = path.relative_to(ROOT)
            if file.as_posix() not in EXCEPT and not {"template", "pytest_plugin", "sample"} & set(file.parts):
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    yield f"{file}:{getattr(node, 'lineno', 0)}", node


def test_nobody_makes_a_client_besides() -> None:
    made = []
    for where, node in nodes("course", "tests"):
        match node:
            case ast.Call(func=func, keywords=named) if ast.unparse(func) in CLIENTS:
                if "transport" not in [each.arg for each in named] and "test_environment" not in where:
                    made.append(where)
            case ast.ImportFrom(module="websockets.asyncio.client", names=names):
                made += [where for each in names if each.name == "connect"]
    assert made == []


def test_every_child_of_the_course_is_given_an_environment_and_never_the_users_as_it_is() -> None:
    given = 0
    for where, node in nodes("course"):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CHILDREN:
            named = {each.arg: ast.unparse(each.value) for each in node.keywords}
            assert "env" in named or None in named, where
            given += 1
        if isinstance(node, ast.keyword) and node.arg == "env":
            assert "os.environ" not in ast.unparse(node.value), where
        if isinstance(node, ast.Dict):
            unpacked = [ast.unparse(value) for key, value in zip(node.keys, node.values, strict=True) if key is None]
            assert "os.environ" not in unpacked, where
    assert given


def test_a_python_that_has_heard_of_such_variables_is_started_over_without_them() -> None:
    started: list[str] = []
    with (
        patch.dict(os.environ, {"PYTHONPATH": "/somewhere"}),
        patch.object(environment, "start_over", started.append),
    ):
        environment.enter()
        environment.enter()
        assert "PYTHONPATH" not in os.environ
    assert started == [sys.executable]
