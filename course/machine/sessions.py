"""The sessions of the noxfile, as nox lists them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from course import environment
from course.errors import CourseError
from course.paths import ROOT
from course.stages import STAGES

NO_POSTGRES = "no-postgres"  # the tag of sessions that need no database
NOX = [sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py")]


@dataclass(frozen=True)
class Session:
    """One of nox's sessions: `stage(06)` is the session `stage` for the stage with the id 06."""

    full_name: str
    name: str
    stage_id: str | None
    description: str
    needs_postgres: bool
    has_environment: bool = True  # of its own; otherwise it runs in the course's

    @property
    def known_as(self) -> set[str | None]:
        """What it can be chosen by."""
        return {self.full_name, self.name, self.stage_id}


def sessions() -> list[Session]:
    """All sessions of the noxfile."""
    command = [*NOX, "--list", "--json", "--keywords", "not no_session_of_this_name"]
    listing = subprocess.run(
        command, cwd=ROOT, env=environment.child(), capture_output=True, encoding="utf-8", check=False
    )
    if listing.returncode != 0:
        raise CourseError(f"The noxfile can't be read; nox said:\n{listing.stderr.strip()}")
    return [_session(entry) for entry in json.loads(listing.stdout)]


def _session(entry: dict[str, Any]) -> Session:
    stage_ids = [stage.id for stage in STAGES if stage.id in entry["call_spec"].values()]
    stage_id = stage_ids[0] if stage_ids else None
    needs_postgres = NO_POSTGRES not in entry["tags"]
    description = entry["description"] or ""
    return Session(
        entry["session"],
        entry["name"],
        stage_id,
        description,
        needs_postgres,
        has_environment=entry["python"] is not False,
    )
