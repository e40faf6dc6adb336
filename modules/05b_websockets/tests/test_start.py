"""How the server starts, and how it says that it can't."""

import os
import re
import subprocess
import sys

import pytest

START_TIMEOUT_SECONDS = 60
URL, SECRET = "postgresql://db/rooms", "a secret for tests, 32 bytes long."
UVICORN_LINE = re.compile(r"(INFO|ERROR|WARNING):\s")


@pytest.fixture
def start(pytestconfig, tmp_path):
    """Start the server with these variables alone, in a folder without a `.env`, and wait for its end."""
    ours = ("DATABASE_URL", "JWT_SECRET", "ALLOWED_ORIGINS")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    options = ("--app-dir", str(pytestconfig.inipath.parent), "--port", "0", "--no-use-colors")

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "uvicorn", "websocket_example:app", *options, *arguments],
            cwd=tmp_path,
            env=environment | variables,
            capture_output=True,
            encoding="utf-8",
            timeout=START_TIMEOUT_SECONDS,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"JWT_SECRET": SECRET}, "DATABASE_URL is missing: set it in the environment or in a file named .env"),
        ({"DATABASE_URL": URL}, "JWT_SECRET is missing: set it in the environment or in a file named .env"),
        (
            {"DATABASE_URL": "mysql://ana:hunter2@db/rooms", "JWT_SECRET": SECRET},
            "DATABASE_URL must start with postgresql://",
        ),
    ],
)
def test_a_bad_variable_ends_the_start_with_one_line_and_status_3(start, variables, line):
    ended = start(**variables)
    assert ended.returncode == 3
    assert ended.stderr == line + "\n"


def test_with_two_workers_the_start_ends_too(start):
    ended = start("--workers", "2", DATABASE_URL=URL, JWT_SECRET=SECRET, ALLOWED_ORIGINS="*")
    line = "ALLOWED_ORIGINS takes origins such as https://app.example.com, with commas between them"
    # Each worker may say it once; all other lines are uvicorn's own.
    assert {said for said in ended.stderr.splitlines() if not UVICORN_LINE.match(said)} == {line}
