"""Doors that are locked by not being there."""

import json
import sys

import anyio
import httpx
import pytest
from servers import FOLDER, environment

from app.config.settings import Settings

CLIENTS = {"httpx", "httpx2", "requests", "urllib3", "aiohttp"}
LOADED = f"import app.main, sys; print(sorted({CLIENTS} & sys.modules.keys()))"


async def test_the_app_has_nothing_to_ask_other_servers_with(settings: Settings) -> None:
    done = await anyio.run_process([sys.executable, "-c", LOADED], cwd=FOLDER, env=environment(settings))
    assert done.stdout.decode().strip() == "[]"


async def test_no_field_takes_an_address(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    fields = {name for schema in document["components"]["schemas"].values() for name in schema["properties"]}
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
