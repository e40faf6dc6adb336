"""The student's own copy of a stage, in `workspace/`: made, brought up to date and put back, and never lost."""

import fnmatch
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from course.errors import CourseError
from course.machine.material import reading
from course.machine.material.data import Learning, Name, Step, is_teaching, load
from course.machine.material.progress import Progress, StageProgress
from course.paths import ROOT, from_here
from course.stages import STAGES, Stage

LEFT_OUT = ("__pycache__", "*.py[co]", ".*")  # made by tools, or a student's own
KEPT_IN = (".env.example",)


def workspace_root() -> Path:
    """Where all workspaces are: `workspace/` in the repository, or COURSE_WORKSPACE."""
    return Path(os.environ.get("COURSE_WORKSPACE") or ROOT / "workspace")


def stage_files(folder: Path) -> Iterator[str]:
    """A stage's files, as paths inside it, without what tools leave behind."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        tools = any(fnmatch.fnmatch(part, pattern) for part in parts for pattern in LEFT_OUT)
        if path.is_file() and (parts[-1] in KEPT_IN or not tools):
            yield "/".join(parts)


def read_source(path: Path) -> str:
    """A text file with LF line ends, whatever the editor has written. Raises CourseError if it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        where = f"{from_here(path)}:{line}"
        raise CourseError(f"{where}: the file is not saved as UTF-8; save it again with that encoding.") from error


def write_source(path: Path, text: str) -> None:
    """Write a text file with LF line ends, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def emptied(folder: Path, steps: tuple[Step, ...]) -> dict[str, str]:
    """The files that these steps empty, each with all of their names emptied."""
    markers: dict[str, dict[str | None, str]] = {}
    for step in steps:
        for name in step.empty:
            markers.setdefault(name.file, {})[name.qualname] = step.marker
    texts = {}
    for file, names in markers.items():
        try:
            texts[file] = _emptied_text(read_source(folder / file), tuple(names.items()))
        except FileNotFoundError as error:
            raise CourseError(f"steps.toml empties {file}, which is not there.") from error
        except CourseError as error:
            raise CourseError(f"steps.toml empties names of {file}: {error}") from error
    return texts


@cache  # the proof of the steps asks for each text many times
def _emptied_text(source: str, markers: tuple[tuple[str | None, str], ...]) -> str:
    from course.machine.material import subtract  # takes a fifth of a second to import, which `check` need not wait for

    whole_file = dict(markers).get(None)
    if whole_file is not None:
        return subtract.empty_file(source, whole_file)
    return subtract.empty_definitions(source, {name: marker for name, marker in markers if name is not None})


def copy_stage(stage_folder: Path, to: Path, texts: dict[str, str] | None = None) -> None:
    """Copy a stage's own files (no lesson, no learning data), with some texts in place of the reference's."""
    for file in stage_files(stage_folder):
        if is_teaching(file):
            continue
        (to / file).parent.mkdir(parents=True, exist_ok=True)
        if texts and file in texts:
            write_source(to / file, texts[file])
        else:
            shutil.copyfile(stage_folder / file, to / file)


@dataclass
class StartReport:
    """What `start` did with each file that it did not simply leave alone."""

    fresh: bool
    written: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)  # changed by the student and, since, by the course


class Workspace:
    """One stage in the student's hands."""

    def __init__(self, stage: Stage, root: Path | None = None) -> None:
        self.stage = stage
        self.learning: Learning = load(stage.folder)
        self.root = root or workspace_root()
        self.folder = self.root / stage.folder.name
        self.progress = Progress.load(self.root / ".course" / "progress.json")

    @property
    def state(self) -> StageProgress:
        """The progress in this stage."""
        return self.progress.of(self.stage.id)

    def require(self) -> None:
        """Raise CourseError if the student has not started this stage."""
        if not self.folder.is_dir():
            raise CourseError(
                f"You have no workspace for stage {self.stage.id} yet. Make it with: course start {self.stage.id}"
            )

    def start(self) -> StartReport:
        """Hand out the stage with its steps emptied; on an existing workspace, bring along what the course has changed.

        A file that the student has touched is never written.
        """
        if not self.learning.steps:
            raise CourseError(f"Stage {self.stage.id} has no steps to write; run it with: course run {self.stage.id}")
        report = StartReport(fresh=not self.folder.exists())
        texts = emptied(self.stage.folder, self.learning.steps)
        for file in stage_files(self.stage.folder):
            if not is_teaching(file):
                self._hand_out(file, texts.get(file), report)
        self.progress.stage = self.stage.id
        self.progress.save()
        return report

    def _hand_out(self, file: str, text: str | None, report: StartReport) -> None:
        content = self._handed_out(file, text)
        target = self.folder / file
        handed_out, new = self.state.files.get(file), _digest(content)
        mine = _digest(target.read_bytes()) if target.exists() else None
        if mine is None or (mine == handed_out and mine != new):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            report.written.append(file)
        elif mine not in (handed_out, new) and handed_out != new:
            report.behind.append(file)
        self.state.files[file] = new

    def source(self, file: str) -> str:
        """The student's text of a file. Raises CourseError if it is gone."""
        try:
            return read_source(self.folder / file)
        except FileNotFoundError as error:
            raise CourseError(
                f"{file} is missing from your workspace. Get it back, its steps empty: course start {self.stage.id}"
            ) from error

    def fault(self) -> tuple[str, reading.Fault] | None:
        """The first file of the student's app that Python can't read, and why."""
        for file in stage_files(self.folder):
            if file.endswith(".py") and (fault := reading.fault_in(read_source(self.folder / file))):
                return file, fault
        return None

    def syntax_fault(self) -> str | None:
        """That file and that reason, in a few words."""
        found = self.fault()
        return found and f"{found[0]} has {found[1].text}"

    def changed_in_course(self) -> list[str]:
        """The files that the course hands out otherwise today than when `start` last brought them."""
        texts = emptied(self.stage.folder, self.learning.steps)
        return [
            file
            for file in stage_files(self.stage.folder)
            if not is_teaching(file) and self.state.files.get(file) != _digest(self._handed_out(file, texts.get(file)))
        ]

    def _handed_out(self, file: str, text: str | None) -> bytes:
        return text.encode() if text is not None else (self.stage.folder / file).read_bytes()

    def unwritten(self, step: Step) -> list[str]:
        """The names of a step that the student has not written yet."""
        return [str(name) for name in step.empty if reading.is_empty(self.source(name.file), name.qualname, step.id)]

    def lost(self, step: Step) -> list[str]:
        """The names of a step that the student's files no longer define."""
        names = [name for name in step.empty if name.qualname]
        return [str(name) for name in names if not reading.has_definition(self.source(name.file), name.qualname or "")]

    def keep(self, files: list[str]) -> Path:
        """Copy files to a folder of their own before they are overwritten; returns that folder."""
        now = datetime.now().astimezone()
        kept = self.root / ".course" / "kept" / f"{now:%Y-%m-%d_%H-%M-%S-%f}" / self.stage.folder.name
        for file in files:
            if (self.folder / file).exists():
                (kept / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.folder / file, kept / file)
        return kept

    def put_reference(self, step: Step, names: Sequence[Name] | None = None) -> Path:
        """Write the reference's code of a step (or of some of its names) into the workspace.

        Returns where the old files are kept.
        """
        donors = {file: read_source(self.stage.folder / file) for file in step.files}
        return self._put(step, donors, step.empty if names is None else names)

    def put_empty(self, step: Step) -> Path:
        """Empty a step in the workspace again; returns where the old files are kept."""
        return self._put(step, emptied(self.stage.folder, (step,)), step.empty)

    def _put(self, step: Step, donors: dict[str, str], names: Sequence[Name]) -> Path:
        from course.machine.material import subtract

        texts: dict[str, str] = {}
        for name in names:
            text = texts.get(name.file) or self.source(name.file)
            try:
                texts[name.file] = (
                    subtract.put_definition(text, name.qualname, donors[name.file])
                    if name.qualname
                    else donors[name.file]
                )
            except CourseError as error:
                raise CourseError(
                    f"Step {step.id} alone can't be put into your {name.file}, because of {error} "
                    f"Mend that, or begin the stage again (a copy is kept): course reset {self.stage.id}"
                ) from error
        kept = self.keep(list(texts))
        for file, text in texts.items():
            write_source(self.folder / file, text)
        return kept

    def reset(self) -> Path:
        """Begin the stage again; returns where the old files are kept. Files that are not the stage's stay."""
        kept = self.keep(list(stage_files(self.folder)))
        copy_stage(self.stage.folder, self.folder, emptied(self.stage.folder, self.learning.steps))
        self.state.files.clear()
        self.state.steps.clear()
        self.state.done = False
        self.start()
        return kept


def _digest(content: bytes) -> str:
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def current_stage() -> Stage:
    """The stage that the student is at. Raises CourseError if there is none."""
    progress = Progress.load(workspace_root() / ".course" / "progress.json")
    for stage in STAGES:
        if stage.id == progress.stage:
            return stage
    raise CourseError("You have not started a stage yet. Begin with: course start 04")
