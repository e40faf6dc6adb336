"""The app as a process: how it starts, what it prints, how it ends."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from databases import Database
from servers import UVICORN, command, end, served
from sqlalchemy import text

from app.config.settings import Settings

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.mark.parametrize("words", [UVICORN, (*UVICORN, "--workers", "2"), ("alembic", "upgrade", "head")], ids=" ".join)
def test_a_bad_variable_ends_the_start_with_one_sentence(words: tuple[str, ...]) -> None:
    bad = {"DATABASE_URL": "postgresql://ana:hush@db/blog", "JWT_SECRET": "hush"}
    result = subprocess.run(**command(*words), env=os.environ | bad, check=False, timeout=60)
    if "--workers" not in words:  # there the supervisor gives up, with words and a status of its own
        assert result.returncode == 3
        assert result.stderr.count("\n") == 1
    assert "JWT_SECRET is 4 bytes; it needs at least 32." in result.stderr
    assert "Traceback" not in result.stderr
    assert "hush" not in result.stdout + result.stderr


def visit(settings: Settings, folder: Path) -> tuple[list[dict[str, Any]], str, int]:
    """Use a server, end it, and return its lines, what else it printed, and the id of the user who asked."""
    with served(settings, folder) as (client, process):
        assert client.get("/health/ready").status_code == 200  # it found its migrations, from whatever folder
        credentials = {"email": "start@example.com", "password": "hush hush hush"}
        token = client.post("/auth/register", json=credentials).json()["access_token"]
        me = client.get("/users/me", headers={"Authorization": f"Bearer {token}", "X-Request-ID": "my-id"})
        client.get("/posts/999999?q=hush")
        client.get("/nowhere/hush")
        assert client.get("/ws/posts/999999", headers=HANDSHAKE).status_code == 404
        client.close()
        end(process)
        output, errors = process.communicate(timeout=30)
    return [json.loads(line) for line in output.splitlines()], errors, me.json()["id"]


async def test_the_log_has_one_line_for_each_request_and_the_server_ends_in_good_order(
    settings: Settings, committed_database: Database, tmp_path: Path
) -> None:
    lines, errors, user_id = await anyio.to_thread.run_sync(visit, settings, tmp_path)
    requests = [line for line in lines if line["logger"] == "app.requests"]
    assert [(line["method"], line.get("route"), line["status"]) for line in requests] == [
        ("GET", "/health/ready", 200),
        ("POST", "/auth/register", 201),
        ("GET", "/users/me", 200),
        ("GET", "/posts/{post_id}", 404),
        ("GET", None, 404),
    ]
    assert requests[2]["request_id"] == "my-id"
    assert requests[2]["user_id"] == user_id
    assert all(line["milliseconds"] > 0 and line["level"] == "info" and line["message"] for line in requests)
    assert any(line["message"].endswith('"WebSocket /ws/posts/999999" 404') for line in lines)
    assert [line for line in lines if line["level"] != "info"] == []
    assert lines[-1]["message"].startswith("Finished server process")
    assert errors == ""  # what is on stderr counts as an error at some hosts, and it is no JSON


async def test_a_mistake_of_ours_is_one_line_too_with_its_trace_and_the_id_of_its_request(
    settings: Settings, committed_database: Database, tmp_path: Path
) -> None:
    def fail() -> tuple[list[dict[str, Any]], str]:
        with served(settings, tmp_path) as (client, process):
            response = client.get("/users", headers={"X-Request-ID": "my-id"})
            assert (response.status_code, response.headers["x-request-id"]) == (500, "my-id")
            client.close()
            end(process)
            output, errors = process.communicate(timeout=30)
        return [json.loads(line) for line in output.splitlines()], errors

    rename = "ALTER TABLE {} RENAME TO {}"
    async with committed_database.engine.begin() as connection:
        await connection.execute(text(rename.format("users", "users_gone")))
    try:
        lines, errors = await anyio.to_thread.run_sync(fail)
    finally:
        async with committed_database.engine.begin() as connection:
            await connection.execute(text(rename.format("users_gone", "users")))
    assert errors == ""
    request, mistake = (line for line in lines if line["request_id"] == "my-id")
    assert (request["message"], request["status"]) == ("GET /users 500", 500)
    assert (mistake["level"], mistake["message"]) == ("error", "Exception in ASGI application")
    assert "app/services/users_service.py" in mistake["trace"].replace("\\", "/")
    assert 'relation "users" does not exist' in mistake["trace"]
