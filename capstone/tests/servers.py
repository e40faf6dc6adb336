"""The app as a process: started as a host starts it, in a folder of its own, on a free port."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from app.config.settings import Settings
from app.database.migrations import MIGRATIONS

FOLDER = MIGRATIONS.parent
UVICORN = ("uvicorn", "app.main:app", "--port", "0")
# On Windows a signal goes to a group of processes, so a server gets a group of its own.
APART: dict[str, Any] = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}


def command(*words: str) -> dict[str, Any]:
    """How to run a Python program in the stage's folder, for `subprocess`."""
    return {
        "args": [sys.executable, "-m", *words],
        "cwd": FOLDER,
        "text": True,
        "encoding": "utf-8",
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        **APART,
    }


def environment(settings: Settings) -> dict[str, str]:
    """The variables that a process needs to be an app with these settings."""
    return os.environ | {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "JWT_SECRET": settings.jwt_secret.get_secret_value(),
        "BCRYPT_ROUNDS": "4",
    }


@contextmanager
def served(
    settings: Settings, folder: Path, **variables: str
) -> Iterator[tuple[httpx.Client, "subprocess.Popen[str]"]]:
    """A client of a server that was started in a folder, on a free port; and the server's process."""
    words = (*UVICORN, "--app-dir", str(FOLDER))
    with subprocess.Popen(**command(*words) | {"cwd": folder}, env=environment(settings) | variables) as process:
        try:
            assert process.stdout is not None
            messages = (json.loads(line)["message"] for line in process.stdout)
            address = next(message for message in messages if message.startswith("Uvicorn running on ")).split()[3]
            with httpx.Client(base_url=address) as client:
                yield client, process
        finally:
            end(process)


def end(process: "subprocess.Popen[str]") -> None:
    """Ask a server to end, as a host does: by SIGTERM, for which Windows has Ctrl-Break."""
    process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
