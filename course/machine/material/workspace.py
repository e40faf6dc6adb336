"""The student's own copy of a stage, in `workspace/`: made, brought up to date and put back, and never lost."""

import codecs
import contextlib
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
from course.machine import git
from course.machine.material import editor, reading
from course.machine.material.data import BEFORE, Learning, Name, Step, is_teaching, load
from course.machine.material.progress import Progress, StageProgress
from course.machine.material.repository import Repository, RepositoryError
from course.paths import ROOT, from_here
from course.stages import STAGES, Stage

LEFT_OUT = ("__pycache__", "*.py[co]", ".*")  # made by tools, or a student's own
KEPT_IN = (".env.example",)


def workspace_root() -> Path:
    """Where all workspaces are: `workspace/` in the repository, or COURSE_WORKSPACE."""
    return Path(os.environ.get("COURSE_WORKSPACE") or ROOT / "workspace")


def stage_files(folder: Path) -> Iterator[str]:
    """A stage's files, as paths inside it, without what tools leave behind."""
    found = []
    for here, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not _is_left_out(each)]  # what is in them is not even looked at
        inside = Path(here).relative_to(folder).parts
        kept = [each for each in files if each in KEPT_IN or not _is_left_out(each)]
        found += [(*inside, each) for each in kept if Path(here, each).is_file()]
    return map("/".join, sorted(found))


def _is_left_out(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in LEFT_OUT)


def read_source(path: Path) -> str:
    """A text file with LF line ends and no mark before its text, whatever the editor has written.

    Raises CourseError if it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        where = f"{from_here(path)}:{line}"
        raise CourseError(f"{where}: the file is not saved as UTF-8; save it again with that encoding.") from error


def write_source(path: Path, text: str) -> None:
    """Write a text file with LF line ends, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def emptied(folder: Path, steps: tuple[Step, ...]) -> dict[str, str]:
    """The files that these steps empty, each with all of their names emptied, or as these stand in `before/`.

    A file that a command drafts is not among them.
    """
    emptied_by: dict[str, list[tuple[Step, str | None]]] = {}
    for step in steps:
        for name in step.empty if not step.drafted else ():
            emptied_by.setdefault(name.file, []).append((step, name.qualname))
    texts = {}
    for file, names in emptied_by.items():
        try:
            source, begun = read_source(folder / file), folder / BEFORE / file
            texts[file] = _begun(folder, file, steps) if begun.is_file() else _emptied_text(source, tuple(names))
        except FileNotFoundError as error:
            raise CourseError(f"steps.toml empties {file}, which is not there.") from error
        except CourseError as error:
            raise CourseError(f"steps.toml empties names of {file}: {error}") from error
    return texts


def _begun(folder: Path, file: str, steps: tuple[Step, ...]) -> str:
    """A file as it stands in `before/`, with the stage's definitions of what other steps than these write in it."""
    from course.machine.material import subtract

    text, source = read_source(folder / BEFORE / file), read_source(folder / file)
    for step in load(folder).steps:
        for name in step.empty if step not in steps else ():
            if name.file == file and name.qualname:
                text = subtract.put_definition(text, name.qualname, source)
    return text


@cache  # the proof of the steps asks for each text many times
def _emptied_text(source: str, names: tuple[tuple[Step, str | None], ...]) -> str:
    from course.machine.material import subtract  # takes a fifth of a second to import, which `check` need not wait for

    step, name = names[0]
    if name is None:
        # What the app imports tells by itself which step is missing. A file of tests is just not there yet.
        return subtract.empty_file(source, step.marker, step.keep or (), raises=not step.catches and step.keep is None)
    return subtract.empty_definitions(source, {name: step.marker for step, name in names if name is not None})


def drafted(steps: Sequence[Step]) -> set[str]:
    """The files of these steps that are not handed out: a command drafts them."""
    return {file for step in steps if step.drafted for file in step.files}


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
    merged: list[str] = field(default_factory=list)  # changed by both: it holds both changes now
    behind: list[str] = field(default_factory=list)  # changed by both in the same lines: the student's is kept
    removed: list[str] = field(default_factory=list)
    repository: bool = False  # whether it is a git repository
    trouble: str = ""  # what git could not do, and why


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

        A file that both have changed is merged, where git is there and the changes are in different lines. Otherwise
        the student's stays as it is.
        """
        if not self.learning.steps:
            raise CourseError(f"Stage {self.stage.id} has no steps to write; run it with: course run {self.stage.id}")
        report = StartReport(fresh=not self.folder.exists())
        given, repository = self._given(), self.repository()
        self.folder.mkdir(parents=True, exist_ok=True)
        before: dict[str, bytes] = {}
        if repository and repository.is_there:
            try:
                before = repository.handed_out()
                if before and before != given:
                    repository.commit("My work before the course changed")
            except RepositoryError as error:
                report.trouble, repository = str(error), None
        for file, content in given.items():
            self._hand_out(file, content, before.get(file), report)
        for file in [file for file in self.state.files if file not in given]:
            self._take_back(file, report)
        if repository:
            self._record(repository, given, before, report)
        self.progress.stage = self.stage.id
        self.progress.save()
        return report

    def commit(self, message: str) -> str:
        """Commit all that has changed, and say so. Raises CourseError if git is not there, or can't."""
        repository = self.repository()
        if repository is None:
            raise CourseError(
                "There is no git on this machine to commit with: install it, then run course start again."
            )
        if not repository.is_there:
            raise CourseError(
                f"Your workspace is no git repository yet. Make it one with: course start {self.stage.id}"
            )
        known = repository.messages()
        passed = [step for step in self.state.passed(self.learning) if _kept_as(step) not in known]
        subjects = [message] if message else [_kept_as(step) for step in passed] or ["Work under way"]
        if not repository.commit("\n".join([subjects[-1], *([""] if subjects[1:] else []), *subjects[:-1]])):
            return "Nothing has changed since your last commit."
        return f"Committed: {subjects[-1]}" + (f", and {len(subjects) - 1} before it" if subjects[1:] else "") + "."

    def repository(self) -> Repository | None:
        """The workspace's git repository, which may still have to be made; None without git."""
        program = git.program()
        return Repository(self.folder, program) if program else None

    def _given(self) -> dict[str, bytes]:
        """What is handed out: the stage's files, its steps emptied, and what an editor and git want."""
        texts = emptied(self.stage.folder, self.learning.steps)
        left_out = drafted(self.learning.steps)
        files = [file for file in stage_files(self.stage.folder) if not is_teaching(file) and file not in left_out]
        given = {file: (self.stage.folder / file).read_bytes() for file in files}
        return given | {file: text.encode() for file, text in (texts | editor.files(self.stage, self.folder)).items()}

    def _hand_out(self, file: str, content: bytes, base: bytes | None, report: StartReport) -> None:
        target = self.folder / file
        handed_out, new = self.state.files.get(file), _digest(content)
        mine = target.read_bytes() if target.exists() else None
        changed = mine is not None and _digest(mine) not in (handed_out, new)
        if mine is None or (not changed and _digest(mine) != new):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            report.written.append(file)
        elif changed and handed_out != new:
            merged = self._merged(file, mine, base, content) if base is not None else None
            if merged is not None:
                target.write_bytes(merged)
            (report.behind if merged is None else report.merged).append(file)
        self.state.files[file] = new

    def _merged(self, file: str, mine: bytes, base: bytes, theirs: bytes) -> bytes | None:
        """The student's file with what the course has changed since `base`; None if both changed the same lines."""
        repository = self.repository()
        if repository is None:
            return None
        merged = repository.merge(mine, base, theirs)
        if merged is None and file.endswith(".py"):
            # What they have written stands where a `raise` stood, and the course may have changed that line: with their
            # bodies on both sides, only what is around them is compared.
            merged = repository.merge(mine, self._with_bodies(file, mine, base), self._with_bodies(file, mine, theirs))
        return merged

    def _with_bodies(self, file: str, mine: bytes, given: bytes) -> bytes:
        """A file as it was handed out, with the definitions that the student has written in it."""
        from course.machine.material import subtract

        source, text = mine.decode(errors="replace").replace("\r\n", "\n"), given.decode()
        for step in self.learning.steps:
            for name in step.empty:
                if name.file == file and name.qualname:
                    with contextlib.suppress(CourseError):  # it is not there any more, or Python can't read it
                        text = subtract.put_definition(text, name.qualname, source)
        return text.encode()

    def _take_back(self, file: str, report: StartReport) -> None:
        """Remove a file that the course no longer has, if the student has not touched it."""
        target = self.folder / file
        if target.is_file() and _digest(target.read_bytes()) == self.state.files[file]:
            target.unlink()
            report.removed.append(file)
        del self.state.files[file]

    def _record(
        self, repository: Repository, given: dict[str, bytes], before: dict[str, bytes], report: StartReport
    ) -> None:
        """Keep in git what was handed out, and that the workspace has it."""
        try:
            if not repository.is_there:
                repository.begin(given)
            elif given != before:
                repository.hand_out(given)
                repository.commit("Take over what the course changed", merged=True)
            report.repository = True
        except RepositoryError as error:
            report.trouble = str(error)

    def source(self, file: str) -> str:
        """The student's text of a file, empty while it is still to be drafted. Raises CourseError if it is gone."""
        try:
            return read_source(self.folder / file)
        except FileNotFoundError as error:
            if file in drafted(self.learning.steps):
                return ""
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
        given = self._given().items()
        return [file for file, content in given if self.state.files.get(file) != _digest(content)]

    def unwritten(self, step: Step) -> list[str]:
        """The names of a step that the student has not written yet."""
        return [str(name) for name in step.empty if self._is_as_handed_out(step, name)]

    def not_yet_refactored(self) -> list[str]:
        """The files that were handed out as code that works, and are still that."""
        steps = [step for step in self.learning.steps if step.refactors]
        return [name.file for step in steps for name in step.empty if self._is_as_handed_out(step, name)]

    def _is_as_handed_out(self, step: Step, name: Name) -> bool:
        source, begun = self.source(name.file), self.stage.folder / BEFORE / name.file
        if begun.is_file():
            return reading.says_the_same(source, read_source(begun), name.qualname)
        return not source if step.drafted else reading.is_empty(source, name.qualname, step.id)

    def code_of(self, step: Step) -> str:
        """What changes when the code of a step does, or what its files hold beside the steps. Python can read them."""
        others = [name for each in self.learning.steps if each != step for name in each.empty if name.qualname]
        parts = [
            reading.fingerprint(self.source(file), [name.qualname or "" for name in others if name.file == file])
            for file in step.files
        ]
        return " ".join(parts)

    def code(self) -> str:
        """What changes when any file of the student's does."""
        files = [(file, _digest((self.folder / file).read_bytes())) for file in stage_files(self.folder)]
        return _digest(repr(files).encode())

    @property
    def is_done(self) -> bool:
        """Has the whole suite passed on the code as it is now?"""
        return self.state.done == self.code()

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
        if step.drafted:
            kept = self.keep(list(step.files))
            for file in step.files:
                (self.folder / file).unlink(missing_ok=True)
            return kept
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
        for file in drafted(self.learning.steps):
            (self.folder / file).unlink(missing_ok=True)
        for file, content in self._given().items():
            (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / file).write_bytes(content)
        self.state.files.clear()
        self.state.steps.clear()
        self.state.done = ""
        self.start()
        return kept


def _kept_as(step: Step) -> str:
    """The line of a commit's message that names a finished step."""
    return f"Step {step.id}: {step.title}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")).hexdigest()


def current_stage() -> Stage:
    """The stage that the student is at. Raises CourseError if there is none."""
    progress = Progress.load(workspace_root() / ".course" / "progress.json")
    for stage in STAGES:
        if stage.id == progress.stage:
            return stage
    raise CourseError("You have not started a stage yet. Begin with: course start 04")
