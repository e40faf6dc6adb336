"""Doors that are locked by not being there, and the table of all doors."""

import json
import re
import sys
from pathlib import Path

import anyio
import httpx
import pytest
from servers import FOLDER, environment

from app.core.settings import Settings

TABLE = FOLDER / "SECURITY.md"
ROWS = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| API")]
LINK = re.compile(r"\[`(?P<name>test_\w+)`\]\((?P<file>tests/test_\w+\.py)\)")

CLIENTS = {"httpx", "httpx2", "requests", "urllib3", "aiohttp"}
LOADED = f"import app.main, sys; print(sorted({CLIENTS} & sys.modules.keys()))"


async def test_the_app_has_nothing_to_ask_other_servers_with(settings: Settings) -> None:
    done = await anyio.run_process([sys.executable, "-c", LOADED], cwd=FOLDER, env=environment(settings))
    assert done.stdout.decode().strip() == "[]"


async def test_no_field_takes_an_address(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    fields = {name for shape in document["components"]["schemas"].values() for name in shape["properties"]}
    for operations in document["paths"].values():
        fields |= {parameter["name"] for each in operations.values() for parameter in each.get("parameters", ())}
    assert {"email", "title", "cursor"} < fields  # so these are all of them
    assert not [name for name in fields for word in ("url", "uri", "host", "hook", "callback") if word in name]
    assert '"uri"' not in json.dumps(document)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/posts", "/users/me", "/auth/login", "/nowhere"])
async def test_no_page_of_another_site_may_read_an_answer(client: httpx.AsyncClient, method: str, path: str) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = await client.request(method, path, headers=asked)
    assert not [name for name in response.headers if name.startswith("access-control-")]


def test_the_table_has_each_entry_of_the_top_10_once_and_in_order() -> None:
    assert [row.split(":")[0] for row in ROWS] == [f"| API{number}" for number in range(1, 11)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:7].rstrip(":"))
def test_every_test_that_the_table_names_is_there(row: str) -> None:
    links = list(LINK.finditer(row))
    assert links
    assert len(links) == row.count("](")
    for link in links:
        source = (Path(FOLDER) / link["file"]).read_text(encoding="utf-8")
        assert f"def {link['name']}(" in source, link["name"]
