"""`course feature`: the repository that `course eject --bare` has made grows by a feature, on a branch of its own."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.deploy.eject import features, make
from course.deploy.rehearsal.plan import describe
from course.deploy.rehearsal.repository import Repository as Deployed
from course.deploy.rehearsal.versions import newest_migration
from course.errors import CourseError, UsageError
from course.machine import git
from course.machine.material import subtract
from course.machine.material.data import Step
from course.machine.material.reading import has_definition
from course.machine.material.repository import Repository
from course.machine.material.workspace import Workspace, read_source, stage_files, write_source
from course.machine.migrations import VERSIONS
from course.stages import CAPSTONE

Texts = dict[str, tuple[str | None, str]]  # by file: as it was before the feature, if it was there, and as it is then


def grow(feature: str, folder: Path, *, finished: bool) -> Iterator[str]:
    """Bring a feature into the repository, and say what was done; again, what is given of its migrations.

    Raises CourseError, before anything is written, if it can't be.
    """
    known = features()
    ids = [each["id"] for each in known]
    if feature not in ids:
        raise UsageError(f"There is no feature {feature}; there are, in this order: {', '.join(ids)}.")
    said, number = known[ids.index(feature)], ids.index(feature)
    for each in known[:number]:
        if not (folder / each["files"][0]).exists():
            raise CourseError(f"{folder} has no {each['id']} yet: course feature {each['id']} {folder}")
    program = git.program()
    if program is None or not (folder / ".git").exists():
        raise CourseError(f"{folder} is no git repository: make one with `course eject {folder} --bare`.")
    if (deployed := Deployed(folder)).uncommitted():
        raise CourseError(f"In {folder} something is not committed yet: commit it first, and then type this again.")
    if (folder / said["files"][0]).exists():
        yield from _add_migrations(folder, said)
        return
    given, later = _given(folder, number, finished=finished)
    deployed.git("switch", "--quiet", "--create", feature)
    both = [file for file, texts in given.items() if not _put(Repository(folder, program), folder / file, *texts)]
    yield f"On the branch {feature} of {folder} {len(given)} files are new or changed: git status, git diff."
    for file, step in later.items():
        yield f"{file} is not among them: you write it in step {step.id} ({step.title}). Copy it here then."
    for file in both:
        yield f"You and the feature change the same lines of {file}: what it should have is in {file}.feature."
    if "migrations" in said:
        yield f'Next: cd {folder}, then python3 dev.py migration "{feature}"; correct it, commit, and type this again.'


def _given(folder: Path, number: int, *, finished: bool) -> tuple[Texts, dict[str, Step]]:
    """The files that the feature makes or changes, and those that the learner has still to write, with their steps."""
    name = describe(folder)["service"]
    with tempfile.TemporaryDirectory(prefix="course-feature-") as scratch:
        before, after = Path(scratch, "before"), Path(scratch, "after")
        for count, each in ((number, before), (number + 1, after)):
            make(each, CAPSTONE, CAPSTONE.folder, name, bare=True, features=count)
        texts: Texts = {}
        for file in stage_files(after):
            old, new = (read_source(each / file) if (each / file).exists() else None for each in (before, after))
            if new is not None and new != old:
                texts[file] = (old, new)
    return (texts, {}) if finished else _written(texts)


def _written(texts: Texts) -> tuple[Texts, dict[str, Step]]:
    """The same files, what steps are about as the learner has written it in the workspace.

    Tests that are a step of their own may come later: the feature does without them.
    """
    workspace = Workspace(CAPSTONE)
    workspace.require()
    mine = [
        (step, name)
        for step in workspace.learning.steps
        for name in step.empty
        if name.file in texts and (not name.qualname or has_definition(texts[name.file][1], name.qualname))
    ]
    unwritten = {step: None for step, _ in mine if workspace.unwritten(step)}
    if missing := [f"{step.id} ({step.title})" for step in unwritten if not step.catches]:
        raise CourseError(f"These steps are not written yet: {', '.join(missing)}. Or take the course's: --finished.")
    later = {name.file: step for step, name in mine if step in unwritten}
    texts = {file: text for file, text in texts.items() if file not in later}
    for name in [name for _, name in mine if name.file not in later]:
        (old, text), own = texts[name.file], workspace.source(name.file)
        texts[name.file] = (old, subtract.put_definition(text, name.qualname, own) if name.qualname else own)
    return texts, later


def _put(repository: Repository, path: Path, old: str | None, new: str) -> bool:
    """Write what the feature changes. False if the learner has changed the same lines: theirs stay."""
    if old is None or not path.exists() or read_source(path) == old:
        write_source(path, new)
        return True
    merged = repository.merge(path.read_bytes(), old.encode(), new.encode())
    if merged is None:
        write_source(path.with_name(f"{path.name}.feature"), new)
        return False
    path.write_bytes(merged)
    return True


def _add_migrations(folder: Path, said: dict[str, Any]) -> Iterator[str]:
    """Put what is given of a feature's migrations on top of the learner's own."""
    there = {path.name.partition("_")[2] for path in (folder / VERSIONS).glob("*.py")}
    missing = [file for file in said.get("migrations", ()) if file.partition("_")[2] not in there]
    if not missing:
        yield f"{folder} has all of {said['id']}."
    for file in missing:
        _, newest = newest_migration(folder)
        number = f"{len(list((folder / VERSIONS).glob('*.py'))) + 1:04}"
        own = file.partition("_")[0]
        text = read_source(CAPSTONE.folder / VERSIONS / file)
        text = re.sub(r"^(down_revision = |Revises: )(\"?)\w+", rf"\g<1>\g<2>{newest}", text, flags=re.MULTILINE)
        text = re.sub(rf"^(revision = |Revision ID: )(\"?){own}", rf"\g<1>\g<2>{number}", text, flags=re.MULTILINE)
        name = f"{number}_{file.partition('_')[2]}"
        write_source(folder / VERSIONS / name, text)
        yield f"{VERSIONS}/{name} is given: no draft sees functions and triggers. Read it."
