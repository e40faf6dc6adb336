"""What the host is told: the deployment, as `railway.toml` has it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.errors import CourseError

FILE = "railway.toml"


@dataclass(frozen=True)
class Plan:
    """The commands of a deployment, and its times in seconds. What is left out is as the host has it by default."""

    pre_deploy: str
    start: str
    health_path: str
    health_seconds: float
    overlap_seconds: float
    draining_seconds: float

    @classmethod
    def read(cls, folder: Path) -> "Plan":
        """Read the plan of the version in this folder. Raises CourseError if it says too little."""
        path = folder / FILE
        if not path.exists():
            raise CourseError(f"The commit has no {FILE}: commit it first, since only commits are deployed.")
        deploy: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")).get("deploy", {})
        for key in ("startCommand", "healthcheckPath"):
            if not deploy.get(key):
                raise CourseError(f"{FILE} has no {key} under [deploy]: add it.")
        return cls(
            pre_deploy=deploy.get("preDeployCommand", ""),
            start=deploy["startCommand"],
            health_path=deploy["healthcheckPath"],
            health_seconds=deploy.get("healthcheckTimeout", 300),
            overlap_seconds=deploy.get("overlapSeconds", 0),
            draining_seconds=deploy.get("drainingSeconds", 0),
        )
