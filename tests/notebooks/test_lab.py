"""`course lab`: JupyterLab with the course's own kernel and a live database, and nothing of it stays."""

import json
import re
import signal
import sys
import uuid
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import httpx
import pytest
from machine import Call, Home, eventually
from websockets.sync.client import connect

from course.environment import request
from course.machine import ports
from course.teach.notebooks.sources import FOLDER, read

SERVED = r"The notebooks are at (http\S+)/lab/tree/notebooks\?token=(\w+)"
CELL = """
import sys
from course.teach import stage
app = await stage("04")
print("served at", app.url, "by", sys.executable)
"""


def lab(home: Home, **extra: str) -> AbstractContextManager[Call]:
    extra["COURSE_WORKSPACE"] = str(home.folder / "own work")
    return home.call("lab", "--no-browser", "--port", str(ports.any_free()), **extra)


def run_cell(address: str, token: str, code: str) -> str:
    """Start a kernel as JupyterLab does, run a cell in it, and return what it prints."""
    key = {"Authorization": f"token {token}"}
    kernel = request("POST", f"{address}/api/kernels", headers=key, json={"path": "notebooks"}, timeout=60).json()["id"]
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": uuid.uuid4().hex}
    cell = {
        "header": {**header, "version": "5.3"},
        "parent_header": {},
        "metadata": {},
        "content": {"code": code, "silent": False, "store_history": False, "allow_stdin": False},
        "channel": "shell",
        "buffers": [],
    }
    url = f"ws://{urlsplit(address).netloc}/api/kernels/{kernel}/channels"
    with connect(url, additional_headers=key, proxy=None) as socket:
        socket.send(json.dumps(cell))
        while True:
            message = json.loads(socket.recv(timeout=60))
            if message["msg_type"] == "error":
                raise AssertionError("\n".join(message["content"]["traceback"]))
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                return str(message["content"]["text"])


@pytest.mark.parametrize("name", [each for each in ("SIGINT", "SIGTERM") if hasattr(signal, each)])
def test_closing_it_ends_the_kernels_and_the_stages_that_they_started(home: Home, name: str) -> None:
    with lab(home, COURSE_POSTGRES="embedded") as call:
        address, token = call.until(SERVED).groups()
        assert request("GET", f"{address}/api/contents", timeout=60).status_code == 403, "anybody can open it"
        said = re.fullmatch(r"served at (\S+) by (\S+)\n", run_cell(address, token, CELL))
        assert said
        assert said[2] == sys.executable
        assert request("GET", f"{said[1]}/health").json() == {"ok": True}
        assert call.stop(getattr(signal, name)) == 130
    assert home.processes() == []
    with pytest.raises(httpx.TransportError):
        request("GET", f"{said[1]}/health")


def test_it_opens_copies_of_the_notebooks_and_can_be_shut_down_from_its_menu(home: Home) -> None:
    with lab(home, COURSE_POSTGRES="embedded") as call:
        address, token = call.until(SERVED).groups()
        key = {"Authorization": f"token {token}"}
        listed = request("GET", f"{address}/api/contents/notebooks", headers=key, timeout=60).json()["content"]
        assert "04_async_notes_api.ipynb" in {each["name"] for each in listed}
        assert request("GET", f"{address}/lab/tree/notebooks", params={"token": token}, timeout=60).status_code == 200
        notebook = f"{address}/api/contents/notebooks/04_async_notes_api.ipynb"
        opened = request("GET", notebook, headers=key, timeout=60).json()
        opened["content"]["cells"] = []
        saved = request("PUT", notebook, headers=key, json=opened, timeout=60)
        assert saved.status_code == 200
        assert read(FOLDER / "04_async_notes_api.ipynb")["cells"], "the stored one has changed"
        assert read(home.folder / "own work" / "notebooks" / "04_async_notes_api.ipynb")["cells"] == []
        run_cell(address, token, CELL)
        request("POST", f"{address}/api/shutdown", headers=key, timeout=60)
        assert call.ended() == 0
    assert home.processes() == []


def test_a_lab_that_is_killed_takes_all_that_it_started_along(home: Home) -> None:
    with lab(home, COURSE_POSTGRES="embedded") as call:
        address, token = call.until(SERVED).groups()
        run_cell(address, token, CELL)
        home.kill_all(but_the_server=True)
        call.ended()
    with lab(home, COURSE_POSTGRES="embedded") as call:
        call.until(SERVED)
        call.stop(signal.SIGINT)
    eventually(home.is_quiet, "the next call has cleared up", seconds=10)
