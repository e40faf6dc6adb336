"""Thousands of requests made from a stage's own OpenAPI document, right ones and wrong ones, alone and in chains.

No answer may be a server error, and none may contradict the document: no status, media type or header that it doesn't
declare, no body of another shape, nothing accepted that it forbids and nothing refused that it allows.

    nox -s "fuzz(06)"                        a short run, as in CI
    nox -s fuzz -- --cases 5000              the full run, for each stage
    nox -s "fuzz(06)" -- --seed 7            other requests
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio import to_thread
from targets import on_localhost

HOOKS = Path(__file__).with_name("hooks.py")
PEERS = ("ana", "bob")
RUN_SECONDS = 30 * 60

# All of Schemathesis' checks. A wrong pair of e-mail and password is in no document: to it, a 400 is the right answer.
# In 04 and 05a the header Allow of a 405 is the framework's own: the methods of one endpoint of the path, not of all.
CONFIG = """
[checks]
enabled = true

[[operations]]
include-path = ["/auth/login", "/users/me", "/users/me/password"]
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 429]

[[operations]]
include-path = ["/notes", "/notes/{note_id}", "/products", "/products/{product_id}"]
checks.allow_header_conformance.enabled = false

[auth.wfc]
path = "peers.json"
user = "ana"
peers = ["ana", "bob"]
"""


async def header_of_newcomer(client: httpx.AsyncClient, name: str) -> dict[str, str]:
    """Register somebody, and return the header that shows it."""
    credentials = {"email": f"{name}@example.com", "password": f"the password of {name}"}
    response = await client.post("/auth/register", json=credentials)
    response.raise_for_status()
    return {"name": "Authorization", "value": f"Bearer {response.json()['access_token']}"}


def schemathesis(folder: Path, url: str, *, each: int, seed: int) -> str:
    """Run Schemathesis, and return what it printed. Its report is then in the folder."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"]
    command += ["--max-examples", str(each), "--seed", str(seed), "--continue-on-failure", "--no-color"]
    command += ["--report", "json", "--report-json-path", "report.json"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS), "PYTHONPATH": str(HOOKS.parent)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=RUN_SECONDS,
    )
    return done.stdout


async def test_nothing_that_is_sent_breaks_the_stage_or_its_openapi_document(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    stage, cases = pytestconfig.getoption("--stage"), pytestconfig.getoption("--cases")
    async with (
        on_localhost(stage, None, bcrypt_rounds=4, jwt_expires_minutes=600) as target,
        target.client() as client,
    ):
        url = str(client.base_url).rstrip("/")
        document = (await client.get("/openapi.json")).json()
        operations = sum(len(methods) for methods in document["paths"].values())
        auth = [{"name": name, "fixedHeaders": [await header_of_newcomer(client, name)]} for name in PEERS]
        (tmp_path / "peers.json").write_text(json.dumps({"auth": auth}), encoding="utf-8")
        (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
        each = math.ceil(1.25 * cases / operations)  # some operations take nothing, and so have only one case
        seed = pytestconfig.getoption("--seed")
        printed = await to_thread.run_sync(lambda: schemathesis(tmp_path, url, each=each, seed=seed))

    sys.stdout.write(printed)
    report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["failures"] == []
    assert report["errors"] == []
    assert report["exit_code"] == 0
    assert report["complete"]
    assert report["operations"]["tested"] == operations
    assert {name for name, phase in report["phases"].items() if phase["status"] == "success"} >= {"fuzzing", "stateful"}
    assert report["test_cases"]["generated"] >= cases
