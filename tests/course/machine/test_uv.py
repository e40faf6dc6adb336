"""uv installs from where pip has been told to, by a file or by variables, and leaves to pip what it can't be told."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from not_run import not_run

from course import environment
from course.machine import uv

WHEEL = "ours-1.0-py3-none-any.whl"


@pytest.fixture(autouse=True)
def pip_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip's only settings: an empty file."""
    for name in [*environment.FROM_WHERE]:
        monkeypatch.delenv(f"PIP_{name}", raising=False)
        monkeypatch.delenv(f"UV_{name}", raising=False)
    file = tmp_path / "pip.conf"
    file.touch()
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("HOME", str(tmp_path))
    return file


def told() -> dict[str, str]:
    found = uv.variables()
    assert found is not None
    return found


def test_what_a_file_tells_pip_uv_is_told_in_its_own_variables(pip_conf: Path, tmp_path: Path) -> None:
    pip_conf.write_text(
        "[global]\nindex-url = https://mine/simple\ntimeout = 99\nproxy = http://proxy:1\n"
        f"find-links =\n  {tmp_path}\n  {tmp_path / 'not-there'}\n[install]\ntrusted-host = a\n  b\n",
        encoding="utf-8",
    )
    assert told().items() >= {
        ("UV_DEFAULT_INDEX", "https://mine/simple"),
        ("UV_HTTP_TIMEOUT", "99"),
        ("HTTP_PROXY", "http://proxy:1"),
        ("HTTPS_PROXY", "http://proxy:1"),
        ("UV_FIND_LINKS", str(tmp_path)),
        ("UV_INSECURE_HOST", "a b"),
    }


def test_a_variable_of_pips_wins_over_a_file_and_one_of_uvs_over_both(
    pip_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_conf.write_text("[global]\nindex-url = https://file/simple\n", encoding="utf-8")
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable/simple")
    assert told()["UV_DEFAULT_INDEX"] == "https://variable/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv/simple")
    assert "UV_DEFAULT_INDEX" not in told()


def test_pip_installs_itself_where_uv_cannot_be_told_what_it_was_told(pip_conf: Path) -> None:
    pip_conf.write_text("[install]\nno-index = true\n", encoding="utf-8")
    assert uv.variables() is None


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """A package index on this machine, with one package that no other has."""
    folder = tmp_path / "index" / "ours"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        wheel.writestr("ours.py", "")
        wheel.writestr("ours-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n")
        wheel.writestr("ours-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("ours-1.0.dist-info/RECORD", "")
    (folder / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>', encoding="utf-8")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.parent)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_uv_installs_what_only_pips_own_index_has(pip_conf: Path, tmp_path: Path, index: str) -> None:
    program = uv.program()
    if program is None:
        not_run("uv can't be tried", "`python3 -m course test` installs it")
    pip_conf.write_text(f"[global]\nindex-url = {index}\n", encoding="utf-8")
    target = tmp_path / "target"
    command = [program, "pip", "install", "--no-cache", "--python", sys.executable, "--target", str(target), "ours"]
    env = environment.installer(**told(), NO_PROXY="127.0.0.1")
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert (target / "ours.py").exists()
