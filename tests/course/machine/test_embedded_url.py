"""The URL of the embedded server is one that each stage takes, on every system."""

import subprocess
import sys
from pathlib import Path

import pytest

from course import environment
from course.machine import embedded
from course.machine.material.testing import JWT_SECRET
from course.stages import STAGES, Stage

READ = """
import os, sys
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

def parts(url):
    return urlsplit(url).path, parse_qs(urlsplit(url).query), urlsplit(url).password or ""

for url in sys.argv[2:]:
    os.environ["DATABASE_URL"] = url
    settings = import_module(sys.argv[1]).Settings(_env_file=None)
    assert parts(settings.database_url.get_secret_value()) == parts(url)
"""


def urls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs with a socket and, as on Windows, with a port and a password."""
    monkeypatch.setenv("COURSE_HOME", str(folder))
    with_a_socket = [] if embedded.ON_WINDOWS else [embedded.url()]
    monkeypatch.setattr(embedded, "ON_WINDOWS", True)
    embedded._folder().mkdir(parents=True)
    (embedded._folder() / "password").write_text("hunter2", encoding="utf-8")
    return [*with_a_socket, embedded.url()]


@pytest.mark.parametrize("stage", STAGES, ids=[stage.id for stage in STAGES])
def test_each_stages_settings_take_the_embedded_servers_url(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [file] = [path for path in stage.folder.glob("**/settings.py") if "variants" not in path.parts]
    module = ".".join(file.relative_to(stage.folder).with_suffix("").parts)
    read = subprocess.run(
        [sys.executable, "-c", READ, module, *urls(tmp_path, monkeypatch)],
        cwd=stage.folder,
        env=environment.child(JWT_SECRET=JWT_SECRET),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert read.returncode == 0, read.stderr
