"""A version of the app: a clean checkout of a commit, and the environment that the host builds for it."""

import asyncio
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course import environment
from course.deploy.rehearsal.programs import run_logged
from course.deploy.rehearsal.repository import Repository
from course.errors import CourseError
from course.machine import migrations, reasons

# What Railpack copies before it installs (core/providers/python/python.go). Nothing else is there at that moment.
COPIED = ("requirements.txt", "pyproject.toml", "poetry.lock", "Pipfile", "Pipfile.lock", "pdm.lock", "uv.lock")
# A folder of layers that outlives this rehearsal, as the host keeps them. Without it, each one builds anew.
LAYERS = "COURSE_REHEARSAL_LAYERS"


@dataclass(frozen=True)
class Version:
    """A tree of files that can be started, and the folder of the programs that it was installed with."""

    name: str
    commit: str
    tree: Path
    programs: Path
    cached: bool  # the environment was there already, made for the same requirements


def newest_migration(app: Path) -> tuple[Path, str]:
    """The file and the id of an app's migration on which no other builds. Raises CourseError if there is none such."""
    links = migrations.links(app / migrations.VERSIONS)
    heads = links.keys() - {each for _, before in links.values() for each in before}
    if len(heads) != 1:
        where = migrations.VERSIONS
        raise CourseError(f"{where} has {len(heads)} newest migrations: let each build on the one before it.")
    [newest] = heads
    return links[newest][0], newest


def layer_of(tree: Path, layers: Path) -> Path:
    """The folder among the layers for a tree's environment, which is another one when what is copied is."""
    digest = hashlib.sha256()
    for path in copied(tree):
        digest.update(path.name.encode() + path.read_bytes())
    return layers / digest.hexdigest()[:12]


def copied(tree: Path) -> list[Path]:
    """The files of a tree that are there when the host installs."""
    return [tree / name for name in COPIED if (tree / name).exists()]


async def build(tree: Path, layers: Path, show: Callable[[str], object]) -> tuple[Path, bool]:
    """Install what the tree asks for into an environment of its own.

    Returns the folder of its programs, and whether it was there already: as on the host, a tree with the same
    requirements takes the layer that an earlier build has left. `show` is told how pip goes.
    Raises CourseError.
    """
    if not (tree / "requirements.txt").exists():
        raise CourseError("The commit has no requirements.txt in its root: the host would install nothing.")
    layer = layer_of(tree, layers)
    environment = layer / ".venv"
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    if layer.exists():
        return programs, True
    layer.mkdir(parents=True)
    try:
        for path in copied(tree):
            shutil.copy(path, layer)
        await _install(layer, environment, show)
    except BaseException:
        shutil.rmtree(layer, ignore_errors=True)  # half a layer is none
        raise
    return programs, False


async def _install(layer: Path, venv: Path, show: Callable[[str], object]) -> None:
    # The pip of the course's environment installs into the new one: Debian keeps `ensurepip` in a package of its own.
    env = environment.installer()
    pip = [sys.executable, "-m", "pip", "--python", str(venv)]
    steps = [
        [sys.executable, "-m", "venv", "--without-pip", str(venv)],
        [*pip, "--disable-pip-version-check", "install", "-r", "requirements.txt"],
    ]
    for number, command in enumerate(steps):
        log = layer.with_suffix(f".{number}.log")
        if await run_logged(command, folder=layer, env=env, log=log, show=show):
            why = reasons.of_installer(log.read_text(encoding="utf-8", errors="replace"))
            raise CourseError(f"The build failed, as it would on the host: {why} (see {log}).")


async def prepare(
    repository: Repository, name: str, commit: str, folder: Path, show: Callable[[str], object]
) -> Version:
    """Check a commit out and build it."""
    tree = folder / "trees" / f"{commit}-{secrets.token_hex(3)}"
    await asyncio.to_thread(repository.check_out, commit, tree)
    layers = Path(os.environ.get(LAYERS) or folder / "layers")
    return Version(name, commit, tree, *await build(tree, layers, show))
