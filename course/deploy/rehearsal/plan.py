"""The plan of a deployment, as a version's own `deployment.toml` has it."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_origin

from course.deploy.rehearsal.load import PUBLICS
from course.errors import CourseError

FILE = "deployment.toml"
# What a field may be in the file: a time is a whole number there, and a part of one where a rehearsal shortens it.
WORDS: dict[Any, tuple[type, str]] = {str: (str, "a text"), float: (int, "a whole number"), list: (list, "a list")}
NEEDED = {"start": "the command that starts the server", "health_path": "the path that answers when it is ready"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The commands of a deployment, and its times in seconds. What is left out is as the host has it by default."""

    start: str
    health_path: str
    pre_deploy: str = ""
    health_seconds: float = 300
    overlap_seconds: float = 0
    draining_seconds: float = 0
    app_folder: str = "."  # where alembic.ini and app/ are, from the root
    public: str = "blog"  # who comes to a rehearsal
    # What a rehearsal has no use for.
    service: str = ""
    watch_paths: list[str] = field(default_factory=list)
    restart_policy: str = ""
    restart_retries: float = 0

    @classmethod
    def read(cls, folder: Path) -> "Plan":
        """Read the plan of the version in this folder. Raises CourseError if it can't be played as it stands."""
        return cls(**describe(folder))


KINDS = {each.name: get_origin(each.type) or each.type for each in fields(Plan)}


def describe(folder: Path) -> dict[str, Any]:
    """All that the version in this folder says of its deployment. Raises CourseError for what is missing or wrong."""
    path = folder / FILE
    if not path.exists():
        raise CourseError(f"The commit has no {FILE} in its root: write it and commit it, since commits are deployed.")
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, Any]:
    """All that this text says of a deployment. Raises CourseError for what is missing or wrong."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{FILE} can't be read: {error}. Write it as TOML, and commit it.") from error
    for name, value in said.items():
        if name not in KINDS:
            raise CourseError(f"{FILE} has an unknown field {name!r}: take it out, or write one of {', '.join(KINDS)}.")
        kind, words = WORDS[KINDS[name]]
        if type(value) is not kind:
            raise CourseError(f"{FILE} gives {name} as {value!r}: write {words}.")
    if (public := said.get("public", "blog")) not in PUBLICS:
        raise CourseError(f"{FILE} gives public as {public!r}: write one of {', '.join(PUBLICS)}.")
    for name, words in NEEDED.items():
        if not said.get(name):
            raise CourseError(f"{FILE} has no {name}: add {words}.")
    return said
