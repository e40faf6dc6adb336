"""From 04 to 05a: what clients see is the same, what is new is really new, and no row is lost on the way.

That 05a keeps stage 04's promises is asked by the contract suites, which know nothing of layers.
"""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import machine
import pytest
from served import Served

from course.environment import http
from course.machine import ladder, ports
from course.machine.material.diff import compare
from course.paths import ROOT
from course.stages import Stage, stage_by_id

pytestmark = pytest.mark.usefixtures("warm_stage")
NOTES, LAYERED = stage_by_id("04"), stage_by_id("05a")
SECRET = "a secret for tests alone, 32 bytes or more"
ANA = {"email": "ana@example.com", "password": "correct horse"}


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    with ladder.fresh_database() as url:
        yield url


def environment(database_url: str = "postgresql://nobody@localhost/nothing", **changes: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url, "JWT_SECRET": SECRET, "BCRYPT_ROUNDS": "4", **changes}


def run(stage: Stage, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a stage, in its folder."""
    return machine.run([sys.executable, *command], cwd=stage.folder, env=environment(**changes))


@contextmanager
def serving(stage: Stage, database_url: str) -> Iterator[httpx.Client]:
    """Somebody who talks to a stage's own server."""
    with Served(stage, ports.any_free(), database_url) as served:
        served.env["BCRYPT_ROUNDS"] = "4"
        served.start()
        with http(served.url) as client:
            yield client


@cache
def openapi(stage: Stage) -> dict[str, Any]:
    """A stage's OpenAPI document. Of a description only the first paragraph: the others are for readers of the code."""
    module, _, app = stage.app.partition(":")
    result = run(stage, "-c", f"import json; from {module} import {app}; print(json.dumps({app}.openapi()))")
    assert result.returncode == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["description"] = operation.get("description", "").partition("\n\n")[0]
    return document


def test_the_two_openapi_documents_agree_on_every_path_that_both_have() -> None:
    before, after = openapi(NOTES), openapi(LAYERED)
    assert before["paths"].keys() < after["paths"].keys()
    for path, operations in before["paths"].items():
        assert after["paths"][path] == operations, path
    for kind, components in before["components"].items():
        for name, component in components.items():
            assert after["components"][kind][name] == component, name


def test_what_is_new_in_05a_is_products_and_nothing_else() -> None:
    new = openapi(LAYERED)["paths"].keys() - openapi(NOTES)["paths"].keys()
    assert new == {"/products", "/products/{product_id}"}


@pytest.mark.thorough
def test_each_test_of_products_fails_on_04_because_nothing_is_found_there(database_url: str, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    with serving(NOTES, database_url) as client:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--tb=line",
            "tests/contract/test_products.py",
            "--stage",
            "05a",
        ]
        command += ["--base-url", str(client.base_url), f"--junitxml={report}", "-p", "no:cacheprovider"]
        subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, check=False)
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 (pytest has just written it)
    assert len(cases) > 100
    for case in cases:
        failure = case.find("failure")
        assert failure is not None, f"{case.get('name')} passes on 04"
        assert "404" in failure.get("message", ""), f"{case.get('name')} fails for another reason: {failure.text}"


def test_05a_goes_on_with_what_04_has_stored(database_url: str) -> None:
    with serving(NOTES, database_url) as client:
        token = client.post("/auth/register", json=ANA).json()["access_token"]
        ana = {"Authorization": f"Bearer {token}"}
        note = client.post("/notes", json={"title": "Milk", "content": "Two litres"}, headers=ana).json()

    result = run(LAYERED, "-m", "alembic", "upgrade", "head", DATABASE_URL=database_url)
    assert result.returncode == 0, result.stderr

    with serving(LAYERED, database_url) as client:
        assert client.get("/notes", headers=ana).json() == [note]
        again = client.post("/auth/login", data={"username": ANA["email"], "password": ANA["password"]})
        assert again.status_code == 200
        assert client.post("/products", json={"name": "Lamp", "price": "9.99", "quantity": 3}).status_code == 201


# A start that fails: 05a's own tests ask for the line, and these once more for what the whole server says.


def failed_start(*options: str, **changes: str) -> tuple[int, set[str]]:
    """What 05a's server says when it is started with these variables: its exit status, and its own lines on stderr."""
    result = run(LAYERED, "-m", "uvicorn", LAYERED.app, "--port", "0", *options, **changes)
    lines = {line for line in result.stderr.splitlines() if not line.startswith(("INFO:", "ERROR:"))}
    return result.returncode, lines


@pytest.mark.thorough
def test_a_bad_variable_ends_the_start_with_one_line() -> None:
    status, [line] = failed_start(JWT_SECRET="supersecret")
    assert status == 3
    assert line.startswith("JWT_SECRET is 11 bytes; it needs at least 32.")


@pytest.mark.thorough
def test_a_bad_variable_ends_the_start_of_two_workers_with_one_line_each() -> None:
    _, [line] = failed_start("--workers", "2", JWT_SECRET="supersecret")
    assert line.startswith("JWT_SECRET is 11 bytes; it needs at least 32.")


@pytest.mark.thorough
def test_a_database_that_is_not_there_ends_the_start_with_one_line() -> None:
    status, [line] = failed_start(DATABASE_URL="postgresql://ana:hunter2@127.0.0.1:1/notes")
    assert status == 3
    assert line.startswith("DATABASE_URL: the database does not answer (")
    assert "hunter2" not in line


MOVES = {
    "core/settings.py": "app/core/settings.py",
    "core/auth.py": "app/core/security.py",
    "core/db.py": "app/core/db.py",
    "core/errors.py": "app/core/error_handlers.py",
    "main_async.py": "app/main.py",
    "routers/auth.py": "app/routers/auth.py",
    "routers/notes.py": "app/routers/notes.py",
    "tests/test_auth.py": "tests/unit/test_security.py",
    "tests/test_models.py": "tests/unit/test_models.py",
    "tests/test_one_note.py": "tests/integration/test_one_note.py",
    "tests/test_two_users.py": "tests/integration/test_two_users.py",
}
SKETCH = {
    "first_version.py",
    "orm_example.py",
    "tests/test_first_version.py",
}  # the app never used it: it ends with its stage


def test_the_diff_follows_each_file_to_its_new_place() -> None:
    changes = compare(NOTES.folder, LAYERED.folder)
    moved = {change.old: change.new for change in changes if change.old and change.old != change.new}
    assert MOVES.items() <= moved.items()
    assert {change.old for change in changes if change.new is None} == SKETCH


def test_the_tests_of_04_have_moved_with_hardly_a_line_changed() -> None:
    """Beside what they import. Those of the start and of the session say what is different: migrations, one commit.

    In those of passwords one that waits was replaced by one that does not.
    """
    for change in compare(NOTES.folder, LAYERED.folder):
        name = Path(change.new or "").name
        if change.old and name.startswith("test_") and name not in ("test_start.py", "test_db.py", "test_security.py"):
            lines = "\n".join(line[1:].strip() for line in change.lines if line.startswith("-"))
            lines = re.sub(r"^from \S+ import \([^()]*\)\n?", "", lines, flags=re.MULTILINE)
            other = [line for line in lines.splitlines() if not line.startswith(("from ", '"""'))]
            assert len(other) <= 6, f"{change.title}: {other}"
