"""What an author begins with: the entry, the files and the places of a new step, bug, article or stage."""

import ast
import difflib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from course.author.lesson import pages_of
from course.demo.articles import FOLDER as DEMO
from course.demo.articles import read_articles, read_authors
from course.errors import CourseError
from course.machine import git
from course.machine.material.bugs import grade
from course.machine.material.data import Bug, Name, Substitution, is_teaching, load
from course.machine.material.lessons import FRONT, where, without_blocks
from course.machine.material.reading import find, names_of
from course.machine.material.workspace import read_source, stage_files, write_source
from course.paths import ROOT, from_here
from course.stages import CAPSTONE, STAGES, Stage

STEP_ID, BUG_ID, STAGE_ID = r"\d+\.\d+[a-z]?", r"[a-z0-9]+(-[a-z0-9]+)*", r"\d\d[a-z]?"
BOX = '<!--[[[cog step("{}") ]]]-->'
STEP = """\
[[step]]
id = "{id}"
section = "{section}"
title = {title}
minutes = 10
empty = {empty}
tests = {tests}
hints = [
  "",
  "",
  "",
]

"""
ARTICLE = '+++\ntitle = {title}\nauthor = "{author}"\n+++\n\n+++\n[[comment]]\nby = "{author}"\ntext = ""\n'
STAGE_README = """\
# {title}

<!--[[[cog navigation() ]]]-->
<!--[[[end]]]-->

## Start

<!-- not run: what you type to begin -->
```text
python3 -m course run {id}       the app
```

## The pages

<!--[[[cog pages() ]]]-->
<!--[[[end]]]-->
"""
STAGE_ROW = "| [{id}]({path}) | {title} | {teaches} | 0 |\n"
STAGE_STEPS = '[not_taught]\n"*" = "as in stage {like}: what is new here has no page yet"\n'


def step(stage: Stage, step_id: str, section: str, title: str, empty: Sequence[str], tests: Sequence[str]) -> list[str]:
    """Put a step into steps.toml, behind those of its section, and its box onto the page that teaches it.

    Returns the files that are changed. Raises CourseError, and changes nothing, for an id that is there or is none, and
    for a name, a test or a section that is not there.
    """
    learning = load(stage.folder)
    _require_id(step_id, STEP_ID, [each.id for each in learning.steps], f"{stage.path}/steps.toml")
    named = [test.partition("[")[0].replace("::", ":", 1).replace("::", ".") for test in tests]
    for name in map(Name.parse, [*empty, *named]):
        _require(stage, name)
    page, heading = where(section, among=pages_of(stage))
    begin = page.text.index(heading)
    boxes = [BOX.format(each.id) for each in learning.steps if each.section == section]
    last = max((page.text.find(box) for box in boxes), default=-1)
    following = re.compile(r"^#+ ", re.MULTILINE).search(without_blocks(page.text), max(begin, last))
    end = following.start() if following else page.text.find("<!--[[[cog navigation()", begin)
    end = len(page.text) if end == -1 else end
    entry = STEP.format(
        id=step_id,
        section=section,
        title=_toml(title),
        empty=_toml(empty),
        tests=_toml(tests),
    )
    path = stage.folder / "steps.toml"
    text = read_source(path) if path.exists() else ""
    later = (each.id for each in learning.steps if _number(each.section) > _number(section))
    place = text.find(f'[[step]]\nid = "{next(later, "")}"')
    if place == -1:  # the last one, and behind it may be what no page shows
        place = text.find("[not_taught]", text.rfind("[[step]]") + 1)
    place = len(text) if place == -1 else place
    write_source(path, text[:place] + entry + text[place:])
    box = f"{BOX.format(step_id)}\n<!--[[[end]]]-->\n\n"
    write_source(stage.folder / page.name, page.text[:end] + box + page.text[end:])
    return [f"{stage.path}/steps.toml", page.path]


def _require_id(new: str, pattern: str, taken: Sequence[str], where: str) -> None:
    if new in taken:
        raise CourseError(f"There is {new} already, in {where}: choose another id.")
    if not re.fullmatch(pattern, new):
        raise CourseError(f"{new!r} is no id: take one as {taken[-1] if taken else 'in another stage'}.")


def _require(stage: Stage, name: Name) -> None:
    path = stage.folder / name.file
    if not path.is_file():
        raise CourseError(f"Stage {stage.id} has no file {name.file}: name one from inside {stage.path}.")
    if not name.qualname:
        return
    tree = ast.parse(read_source(path))
    if find(tree, name.qualname) is None:
        known = ", ".join(sorted(chain.from_iterable(map(names_of, tree.body))))
        raise CourseError(f"{name.file} defines no {name.qualname}; it has {known}.")


def _number(section: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", section)]


def bug(stage: Stage, entry: Bug, database_url: str) -> tuple[Bug, list[str]]:
    """Write what the working tree changes in a stage's app into bugs.toml as a bug, and put the app right again.

    Returns the bug, with the test that catches it if one does, and the files that are as before.
    """
    _require_id(entry.id, BUG_ID, [each.id for each in load(stage.folder).bugs], f"{stage.path}/bugs.toml")
    now = {file: read_source(stage.folder / file) for file in _code(stage)}
    before = {file: old for file in now if (old := _committed(stage, file)) not in (None, now[file])}
    if not before:
        raise CourseError(
            f"Nothing in {stage.path} differs from the last commit: break its code, then type this again."
        )
    made = replace(
        entry, substitutions=tuple(each for file in before for each in changes(file, before[file], now[file]))
    )
    path = stage.folder / "bugs.toml"
    others = f"{read_source(path).rstrip()}\n\n" if path.exists() else ""
    write_source(path, others + bug_entry(made))  # first, so that what was broken is not lost
    for file, text in before.items():
        write_source(stage.folder / file, text)
    result = grade(stage, [made], database_url=database_url)
    if result.unbroken is not None:
        raise CourseError(f"The bug is in {path.name}, and it was not tried: without it, {result.unbroken}.")
    if result.graded[0].caught and "::" in result.graded[0].by:
        made = replace(made, caught_by=(result.graded[0].by.partition("[")[0],))
        write_source(path, others + bug_entry(made))
    return made, list(before)


def _code(stage: Stage) -> list[str]:
    return [file for file in stage_files(stage.folder) if not is_teaching(file) and not file.startswith("tests/")]


def _committed(stage: Stage, file: str) -> str | None:
    """A file as it was committed last, or None for a new one."""
    try:
        return git.output(stage.folder, "show", f"HEAD:./{file}").decode(errors="replace").replace("\r\n", "\n")
    except git.GitError as error:
        if "exists on disk, but not in" in error.reason or "does not exist" in error.reason:
            return None
        raise CourseError(f"git can't tell what was committed: {error.reason}") from error


def changes(file: str, old: str, new: str) -> list[Substitution]:
    """What makes one text of the other: stretches of lines, each with so much around it that it stands there once.

    Raises CourseError if there are none.
    """
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for around in range(len(before)):
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)  # grouping spoils one
        stretches = [(group[0], group[-1]) for group in matcher.get_grouped_opcodes(around)]
        found = [
            Substitution(
                file,
                "".join(before[first[1] : last[2]]).removesuffix("\n"),
                "".join(after[first[3] : last[4]]).removesuffix("\n"),
            )
            for first, last in stretches
        ]
        if _makes(old, found, new):
            return found
    raise CourseError(f"What is changed in {file} stands in no lines that are there once: change more of it, or less.")


def _makes(old: str, found: Sequence[Substitution], new: str) -> bool:
    for each in found:
        if (
            not each.find.strip()
            or each.find.startswith("\n")
            or each.replace.startswith("\n")
            or old.count(each.find) != 1
        ):
            return False
        old = old.replace(each.find, each.replace)
    return old == new


def bug_entry(entry: Bug) -> str:
    """A bug as bugs.toml has it."""
    first, *others = map(_place, entry.substitutions)
    lines = [
        "[[bug]]",
        f'id = "{entry.id}"',
        f"title = {_toml(entry.title)}",
        f"from = {_toml(entry.source)}",
        first,
        f"nudge = {_toml(entry.nudge)}",
        *([f"caught_by = {_toml(entry.caught_by)}"] if entry.caught_by else []),
        *(f"\n[[bug.also]]\n{each}" for each in others),
    ]
    return "\n".join(lines) + "\n"


def _place(each: Substitution) -> str:
    return f'file = "{each.file}"\nfind = {_block(each.find)}\nreplace = {_block(each.replace)}'


def _block(text: str) -> str:
    if "'''" in text:
        raise CourseError("A text with ''' in it can't stand in bugs.toml as it is: write this bug by hand.")
    return f"'''\n{text}\n'''"


def _toml(value: str | Sequence[str]) -> str:
    """A text, or a list of texts, as TOML has it, and JSON and Python too."""
    return json.dumps(value, ensure_ascii=False)


def article(title: str, author: str) -> str:
    """Begin a demo article, the newest. Returns its path. Raises CourseError for an author or a title that won't do."""
    known = read_authors()
    if author not in known:
        raise CourseError(f"There is no author {author!r}; course/demo/authors.toml has {', '.join(known)}.")
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not slug or any(title == each.title for each in read_articles()):
        raise CourseError(f"An article can't be called {title!r}: take a title of its own, in English.")
    path = DEMO / "articles" / f"{len(list((DEMO / 'articles').glob('*.md'))) + 1:02}-{slug}.md"
    write_source(path, ARTICLE.format(title=_toml(title), author=author))
    return path.relative_to(ROOT).as_posix()


def new_stage(like: Stage, stage_id: str, path: str, title: str, teaches: str) -> list[str]:
    """Begin a stage as a copy of the one before it: its folder, its entry, and what the contract's suites know of it.

    Returns what was made and changed. Raises CourseError, and makes nothing, for an id or a folder that won't do.
    """
    _require_id(stage_id, STAGE_ID, [stage.id for stage in STAGES], "course/stages.py")
    if like is CAPSTONE:
        raise CourseError(f"Nothing comes behind the capstone: let it be like a stage before {like.id}.")
    folder = (ROOT / path).resolve()
    if folder.exists() or not folder.is_relative_to(ROOT):
        raise CourseError(f"{path} is there already, or outside of the course: choose a new folder in it.")
    here = {"id": stage_id, "path": path, "title": title, "teaches": teaches}
    front, stages, profiles = ROOT / FRONT, ROOT / "course" / "stages.py", ROOT / "tests" / "contract" / "profiles.py"
    changed = {  # all of them first, so that none is written if one can't be
        front: _behind(front, rf"^\| \[{like.id}\]\(.*\n", lambda _: STAGE_ROW.format(**here)),
        stages: _behind(
            stages, rf'^    Stage\(\n        id="{like.id}",\n(?:        .*\n)*    \),\n', partial(_with, values=here)
        ),
        profiles: _behind(
            profiles, rf'^        Profile\("{like.id}",.*\n', partial(_with, values={"Profile": stage_id})
        ),
    }
    for file in stage_files(like.folder):
        if not is_teaching(file):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(like.folder / file, folder / file)
    changed[folder / FRONT] = STAGE_README.format(id=stage_id, title=title)
    changed[folder / "steps.toml"] = STAGE_STEPS.format(like=like.id)
    for place, text in changed.items():
        write_source(place, text)
    return [path, *(each.relative_to(ROOT).as_posix() for each in (front, stages, profiles))]


def _behind(path: Path, entry: str, make: Callable[[str], str]) -> str:
    """A file with another entry behind one, made of it."""
    text = read_source(path)
    match = re.search(entry, text, re.MULTILINE)
    if match is None:
        raise CourseError(f"{from_here(path)} has no entry for the other stage that could be copied: look there first.")
    return text[: match.end()] + make(match[0]) + text[match.end() :]


def _with(entry: str, values: Mapping[str, str]) -> str:
    """An entry with these values in the place of its own: of each, the first text in quotes behind its name."""
    for name, value in values.items():
        begin, _, rest = entry.partition(name)
        opening, _, rest = rest.partition('"')
        _, _, rest = rest.partition('"')
        entry = f"{begin}{name}{opening}{_toml(value)}{rest}"
    return entry
