"""`course eject`: what a learner has written becomes a repository that runs, is tested and is deployed on its own."""

import ast
import re
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from course.deploy.rehearsal.plan import describe
from course.errors import CourseError, UsageError
from course.machine import git
from course.machine.material.data import TEACHING_FILES, load
from course.machine.material.workspace import Workspace, read_source, stage_files, write_source
from course.paths import ROOT
from course.stages import CAPSTONE, STAGES, Stage

TEMPLATE = Path(__file__).parent / "template"
LEFT_OUT = (
    "bench",
    "lesson",
    "variants",
    "requirements.txt",
    *TEACHING_FILES,
)  # of the stage's folder: what the course is about
TOOLS = "requirements-dev.txt"
SECRETS_OF_COMPOSE = """
# For compose.yaml: the database's password, and the name that points to your machine.
POSTGRES_PASSWORD=
# DOMAIN=blog.example.com
"""
PROMISES = """
## Is it as good as it was?

From your clone of the course, which asks for every promise of stage {stage}, from outside{more}:

```console
{commands}
```
"""
BARE_PROMISES = """
## Does anybody notice a new version?

From your clone of the course, which plays a whole deployment on your machine, with people who use it:

```console
python3 -m course rehearse PATH/TO/{name}
```
"""
BEGIN, BARE_BEGIN = "Begin with what the course has taught", "Begin with a walking skeleton: accounts"
BARE = Path(__file__).parent / "bare"
STRANGER = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


def eject(folder: Path, stage: Stage, *, finished: bool, anyway: bool, bare: bool = False) -> Iterator[str]:
    """Make the repository, and say what was done. Raises CourseError, before anything is written, if it can't be.

    A bare one is the capstone's ground, with accounts: where an app of one's own begins.
    """
    if bare and (stage is not CAPSTONE or finished):
        raise UsageError(
            "--bare is the ground of the course's own capstone: it goes with neither --stage nor --finished."
        )
    if not stage.layered:
        can = " and ".join(each.id for each in STAGES if each.layered)
        raise UsageError(f"Stage {stage.id} is not meant to live on its own: eject {can}.")
    _check_folder(folder)
    source = stage.folder if finished or bare else _written(stage, anyway=anyway)
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "blog"
    make(folder, stage, source, name, bare=bare)
    if bare:
        yield f"A walking skeleton, an app with accounts alone, is now a repository in {folder}, under the name {name}."
    else:
        yield f"Stage {stage.id} ({stage.title}) is now a repository of its own in {folder}, under the name {name}."
    yield _commit(folder, BARE_BEGIN if bare else BEGIN)
    yield f"Next: cd {folder}, then python3 dev.py run. Its README says how it gets online."


def make(folder: Path, stage: Stage, source: Path, name: str, *, bare: bool, features: int = 0) -> None:
    """Write a repository's files; of a bare one without the features of `features.toml` but for the first so many."""
    for file in stage_files(source):
        if file.partition("/")[0] not in LEFT_OUT:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file, folder / file)
    values = _values(stage, name, bare=bare)
    for path in sorted(TEMPLATE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            text = re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], read_source(path))
            write_source(folder / path.relative_to(TEMPLATE), _known_to(stage, text))
    write_source(folder / ".env.example", _example(read_source(stage.folder / ".env.example")))
    _, *pins = read_source(ROOT / "requirements.txt").splitlines()  # of another stage a few more than it imports
    write_source(folder / "requirements.txt", "\n".join(["# What the host installs, all of it, pinned.", *pins, ""]))
    tools = [line for line in read_source(TEMPLATE / TOOLS).splitlines() if not line.startswith("#")]
    title = "# What you need on your own machine as well: tests, lint, types, and a PostgreSQL."
    write_source(folder / TOOLS, "\n".join([title, "-r requirements.txt", *tools, ""]))
    if bare:
        _strip(folder, name, features)


def features() -> list[dict[str, Any]]:
    """What a blog grows by, in order: `features.toml`."""
    return list(tomllib.loads(read_source(BARE.with_name("features.toml")))["feature"])


def _strip(folder: Path, name: str, count: int) -> None:
    """Leave of the ejected capstone what an app of one's own begins with, and its first so many features."""
    said, there = tomllib.loads(read_source(BARE.with_suffix(".toml"))), features()[:count]
    keep = [*said["keep"], *(file for each in there for file in each["files"])]

    def is_left_out(file: str) -> bool:
        return _matches(file, said["leave_out"]) and not _matches(file, keep)

    for file in list(stage_files(folder)):
        if is_left_out(file):
            (folder / file).unlink()
    for gone in (*(each["id"] for each in reversed(features()[count:])), None):
        for change in said["change"]:
            if change.get("feature") == gone and not is_left_out(change["file"]):
                _change(
                    folder / change["file"], *(change[each].replace("@NAME@", name) for each in ("find", "replace"))
                )
    for file in sorted({change["file"] for change in said["change"] if change["file"].endswith(".py")}):
        if not is_left_out(file):
            write_source(folder / file, _without_unused_imports(read_source(folder / file)))
    for path in sorted(BARE.rglob("*")):
        own = path.relative_to(BARE).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and not _matches(own, keep):
            write_source(folder / own, read_source(path))


def _matches(file: str, patterns: list[str]) -> bool:
    return any(fnmatch(file, each) for each in patterns)


def _change(path: Path, find: str, replace: str) -> None:
    text = read_source(path)
    if text.count(find) != 1:
        raise CourseError(f"bare.toml looks for a text that does not stand once in {path.name}: {find}")
    write_source(path, text.replace(find, replace))


def _without_unused_imports(text: str) -> str:
    """A module without the names that it imports on one line `from ... import ...` and no longer uses."""
    nodes = list(ast.walk(ast.parse(text)))
    used = {each.id for each in nodes if isinstance(each, ast.Name)}
    used |= {each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)}  # __all__

    def left(line: re.Match[str]) -> str:
        blank, begin, names, stands_alone = line.groups()
        if kept := [each for each in names.split(", ") if each in used]:
            return f"{blank}{begin}{', '.join(kept)}\n"
        return "" if stands_alone else blank  # of the two empty lines around it one is enough

    return re.sub(r"^(\n?)(from \S+ import )(\w+(?:, \w+)*)\n(?=(\n?))", left, text, flags=re.MULTILINE)


def _check_folder(folder: Path) -> None:
    if folder.resolve().is_relative_to(ROOT):
        raise CourseError(f"{folder} is inside the course's own repository: choose a folder outside, as ../my-blog.")
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file: name a folder that is empty or not there yet.")
    if folder.exists() and any(folder.iterdir()):
        raise CourseError(f"{folder} is not empty: name a folder that is empty or not there yet.")


def _written(stage: Stage, *, anyway: bool) -> Path:
    """The learner's own copy of the stage. Raises CourseError if there is none, or steps of it are not written yet."""
    workspace = Workspace(stage)
    if not workspace.folder.is_dir():
        raise CourseError(
            f"You have no workspace for stage {stage.id} yet: make it with `course start {stage.id}`, "
            "or eject the course's own copy with --finished."
        )
    missing = [f"{step.id} ({step.title})" for step in load(stage.folder).steps if workspace.unwritten(step)]
    if missing and not anyway:
        raise CourseError(
            f"Of stage {stage.id} these steps are not written yet: {', '.join(missing)}. "
            "Write them, or say --anyway: then their tests fail in the new repository until you do."
        )
    return workspace.folder


def _values(stage: Stage, name: str, *, bare: bool) -> dict[str, str]:
    """What stands in the template between two @: of the deployment it is what the course's own description says."""
    said = describe(ROOT)
    enter = f"cd {said['app_folder']} && "
    values = {key.upper(): str(value) for key, value in said.items()}
    values |= {
        "NAME": name,
        "STAGE": stage.id,
        "PRE_DEPLOY": said["pre_deploy"].removeprefix(enter),
        "START": said["start"].removeprefix(enter),
        "ABOUT": "A blog with users, posts and live comments: an async web API on FastAPI and PostgreSQL, and a page.",
        "VARIABLES": "; `TRUSTED_PROXIES` = `100.64.0.0/10`",
        "PROMISES": PROMISES.format(
            stage=stage.id,
            more=", and plays a whole deployment on your machine",
            commands=f"python3 -m course rehearse PATH/TO/{name}\npython3 -m course verify https://YOUR-ADDRESS",
        ),
    }
    if bare:
        values |= {
            "ABOUT": "An async web API on FastAPI and PostgreSQL, with accounts so far.",
            "PROMISES": BARE_PROMISES.format(name=name),
        }
    if stage is not CAPSTONE:
        values |= {
            "HEALTH_PATH": "/health",
            "ABOUT": "An async web API on FastAPI and PostgreSQL, in layers.",
            "VARIABLES": "",
            "PROMISES": PROMISES.format(
                stage=stage.id,
                more="",
                commands=f"python3 -m course verify https://YOUR-ADDRESS --stage {stage.id}",
            ),
        }
    return values


def _known_to(stage: Stage, text: str) -> str:
    """The text without the lines of a variable that the stage does not read."""
    if "TRUSTED_PROXIES" in read_source(stage.folder / ".env.example"):
        return text
    return re.sub(r"(\n +# [^\n]*)?\n[^\n|]*TRUSTED_PROXIES[^\n|]*(?=\n)", "", text)


def _example(text: str) -> str:
    """The stage's .env.example, for a repository that brings its own server along."""
    own = "# Without it, dev.py starts a server of its own.\n# DATABASE_URL="
    return re.sub(r"^DATABASE_URL=", own, text, flags=re.MULTILINE).rstrip("\n") + "\n" + SECRETS_OF_COMPOSE


def _commit(folder: Path, message: str) -> str:
    """Make the first commit, and say so, or how to."""
    how = 'run `git init`, `git add .` and `git commit -m "Begin"` in it'
    if not git.program():
        return f"There is no git on this machine: install it, then {how}."
    known = all(_is_told(folder, each) for each in ("user.name", "user.email"))
    commit = ("-c", "commit.gpgsign=false", "commit", "--quiet", "--message", message)
    try:
        git.output(folder, "init", "--quiet", "--initial-branch=main")
        git.output(folder, "add", ".")
        git.output(folder, *(() if known else STRANGER), *commit)
    except git.GitError as error:
        return f"git could not make the first commit ({error.reason}): {how}."
    if known:
        return "The first commit is made."
    return (
        "The first commit is made, in the name of somebody. git wants to know you before the next one: "
        "`git config --global user.name NAME` and `git config --global user.email ADDRESS`."
    )


def _is_told(folder: Path, setting: str) -> bool:
    with suppress(git.GitError):
        return bool(git.output(folder, "config", setting).strip())
    return False
