"""How far a student is: kept by step id beside the workspace, so that no update of the course loses it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.errors import CourseError
from course.machine.material.data import Learning, Step

BAR_WIDTH = 24  # characters


@dataclass
class StepProgress:
    """What is known of one step: whether it is passed, and which help was taken."""

    passed: bool = False
    hints: int = 0
    solution: bool = False
    code: str = ""  # the fingerprint of its code when it passed last


@dataclass
class StageProgress:
    """What is known of one stage: its steps by id, also those that the course dropped, and its files' first state."""

    steps: dict[str, StepProgress] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # path -> SHA-256 of what `start` wrote
    done: str = (
        ""  # the fingerprint of the code on which the whole suite has passed, and not only each step's own tests
    )
    caught: list[str] = field(default_factory=list)  # the bugs that the student's tests caught when last graded
    verified: str = ""  # what came of the last `course verify` of a deployed copy, in words

    def of(self, step: Step) -> StepProgress:
        """The progress of one step; a new step starts at nothing."""
        return self.steps.setdefault(step.id, StepProgress())

    def passed(self, learning: Learning) -> list[Step]:
        """The steps that are passed, of those that the stage has today."""
        return [step for step in learning.steps if self.of(step).passed]

    def current(self, learning: Learning) -> Step | None:
        """The first step that is not passed; None at the end."""
        return next((step for step in learning.steps if not self.of(step).passed), None)

    def note_caught(self, caught: Mapping[str, bool]) -> None:
        """Remember of some bugs, by their ids, whether the student's tests catch them."""
        self.caught = sorted({*self.caught, *caught} - {bug for bug, is_caught in caught.items() if not is_caught})

    def bugs_caught(self, learning: Learning) -> list[str]:
        """The bugs that the student's tests catch, of those that the stage has today."""
        caught = {bug for step in self.passed(learning) for bug in step.catches} | set(self.caught)
        return [bug.id for bug in learning.bugs if bug.id in caught]

    def bar(self, learning: Learning) -> str:
        """`[######------] 6 of 12 steps`"""
        done, total = len(self.passed(learning)), len(learning.steps)
        filled = BAR_WIDTH * done // total if total else 0
        return f"[{'#' * filled}{'-' * (BAR_WIDTH - filled)}] {done} of {total} steps"


@dataclass
class Progress:
    """The progress file of a workspace: the stages begun, and which one the student is at."""

    path: Path
    stage: str | None = None
    stages: dict[str, StageProgress] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Progress":
        """Read the file; nothing yet is an empty progress. Raises CourseError if it can't be understood."""
        if not path.exists():
            return cls(path)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            stages = {stage_id: _stage_from(entry) for stage_id, entry in data["stages"].items()}
            return cls(path, data["stage"], stages)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CourseError(
                f"The progress file {path} is damaged; delete it and run `course start` and `course check` with your "
                "stage's id: your code is not touched, and what passes is marked again."
            ) from error

    def of(self, stage_id: str) -> StageProgress:
        """The progress of one stage; a new stage starts at nothing."""
        return self.stages.setdefault(stage_id, StageProgress())

    def save(self) -> None:
        """Write the file in one move, so that an interruption leaves the old one or the new one."""
        stages = {stage_id: _stage_to(stage) for stage_id, stage in self.stages.items()}
        text = json.dumps({"stage": self.stage, "stages": stages}, indent=2)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        new.write_text(text + "\n", encoding="utf-8")
        new.replace(self.path)


def _stage_from(entry: dict[str, Any]) -> StageProgress:
    steps = {step_id: StepProgress(**step) for step_id, step in entry["steps"].items()}
    done, verified = str(entry.get("done", "")), str(entry.get("verified", ""))
    return StageProgress(steps, dict(entry["files"]), done, entry.get("caught", []), verified)


def _stage_to(stage: StageProgress) -> dict[str, Any]:
    steps = {step_id: vars(step) for step_id, step in stage.steps.items() if step != StepProgress()}
    return vars(stage) | {"steps": steps}
