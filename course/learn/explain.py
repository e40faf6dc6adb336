"""Why a test fails: the student's line, what was expected and seen, what was printed, and one likely cause."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from course.learn.mistakes import cause_of
from course.learn.written import FUNCTIONS, Failure, Place, Written, answers, lines_run, parsed, ran
from course.machine.material import reading
from course.machine.material.data import Step
from course.machine.material.testing import Outcome
from course.machine.material.workspace import Workspace, read_source
from course.paths import from_here

Frame = dict[str, Any]

LINES = 11  # of an explanation; with what stands around it, a check prints at most 15
PRINTED_LINES = 3
LIBRARIES_NAMED = 3


def explain(workspace: Workspace, steps: Sequence[Step], outcome: Outcome, count: str = "") -> list[str]:
    """The lines that explain a failed test to who has written these steps."""
    written = [each for each in written_for(workspace, steps) if _concerns(outcome, each)]
    crash = _crash(outcome)
    frame = (crash and crash["place"]) or own_frame(workspace, outcome)
    failure = Failure(
        text=(crash and crash["error"]) or outcome.error or outcome.happened,
        place=Place(Path(frame["file"]), frame["line"], frame["name"]) if frame else None,
        written=written,
        line=frame["code"] if frame else "",
        asked=next((each["code"] for each in reversed(outcome.frames) if "code" in each), ""),
        source=_source(Path(frame["file"])) if frame else "",
        finished=_source(workspace.stage.folder / Path(frame["file"]).relative_to(workspace.folder)) if frame else "",
        values=outcome.values,
        raised_in=[each["name"] for each in outcome.frames if "name" in each],
        is_ours=frame is not None and frame in outcome.frames[-1:],
        facts=outcome.facts,
    )
    cause = cause_of(failure)
    place = (cause and cause.place) or failure.place or _asked_for(workspace, written, outcome)
    head = [*([count] if count else []), *shown(place), *_values(outcome)]
    heard = [*printed(outcome.printed), *([f"  raised:   {crash['error']}"] if crash else [])]
    heard += [f"  stderr:   {outcome.stderr}"] if outcome.stderr and outcome.stderr not in outcome.happened else []
    told = [f"Likely cause: {cause.sentence}"] if cause else []
    lines = [*head, *heard[-(LINES - len(head) - len(told)) :], *told]
    further = [f"  answer:   {answer}"] if (answer := _answer(outcome)) else []
    further += [f"  through:  {trace}"] if (trace := _trace(workspace, outcome)) else []
    if _is_edited(workspace, outcome):
        further.insert(0, f"Your {_file(outcome)} differs from the course's, which is the one that counts here.")
    return [*lines, *further][:LINES]


def explain_own_test(workspace: Workspace, outcome: Outcome) -> list[str]:
    """The lines that explain why a test of the student's own fails on a copy of the finished app."""
    file = _file(outcome)
    mine = [frame for frame in outcome.frames if Path(frame.get("file", "")).as_posix().endswith(f"/{file}")]
    place = Place(workspace.folder / file, mine[-1]["line"] if mine else outcome.line or 1)
    line = mine[-1]["code"] if mine else ""
    text = outcome.error or outcome.happened
    cause = cause_of(Failure(text, place, (), line, source=_source(place.file), facts=outcome.facts))
    lines = [*shown(place), *_values(outcome), *printed(outcome.printed)]
    about = f"Likely cause: {cause.sentence}" if cause else "The app is the finished one: it is the test that is wrong."
    return [*lines, about][:LINES]


def _values(outcome: Outcome) -> list[str]:
    if not outcome.values:
        return []
    return [f"  expected: {outcome.values[0]}", f"  seen:     {outcome.values[1]}"]


def shown(place: Place | None) -> list[str]:
    """A place in a student's file, as a terminal opens it, and its line of code."""
    if place is None:
        return []
    code = _source(place.file).splitlines()[place.line - 1 : place.line]
    where = f"{from_here(place.file)}:{place.line}" + (f", in {place.name}" if place.name.isidentifier() else "")
    return [where, *(f"    {line.strip()}" for line in code)]


def printed(text: str) -> list[str]:
    """The last lines of what a test printed."""
    lines = text.rstrip().splitlines()
    if not lines:
        return []
    left_out = len(lines) - PRINTED_LINES
    first, *others = ([f"... {left_out} lines before"] if left_out > 0 else []) + lines[-PRINTED_LINES:]
    return [f"  printed:  {first}", *(f"            {line}" for line in others)]


def written_for(workspace: Workspace, steps: Sequence[Step]) -> list[Written]:
    """The definitions of some steps, each with the finished one; of a whole file each of its own, then the file."""
    found = []
    for name in (name for step in steps for name in step.empty):
        file = workspace.folder / name.file
        sources = workspace.source(name.file), read_source(workspace.stage.folder / name.file)
        if name.qualname:
            mine, finished = (reading.definition(source, name.qualname) for source in sources)
            if mine is not None and finished is not None:
                found.append(Written(file, mine, finished))
        else:
            module, other = map(parsed, sources)
            pairs = _by_name(module), _by_name(other)
            found += [Written(file, mine, pairs[1][own]) for own, mine in pairs[0].items() if own in pairs[1]]
            found.append(Written(file, module, other))
    return found


def _by_name(module: ast.Module) -> dict[str, ast.AST]:
    return {each.name: each for each in module.body if isinstance(each, (*FUNCTIONS, ast.ClassDef))}


def own_frame(workspace: Workspace, outcome: Outcome) -> Frame | None:
    """The last frame of the student's app in a test's traceback."""
    frame: Frame
    for frame in reversed(outcome.frames):
        path = Path(frame.get("file", ""))
        if path.is_relative_to(workspace.folder) and path.relative_to(workspace.folder).parts[0] != "tests":
            return frame
    return None


def _concerns(outcome: Outcome, written: Written) -> bool:
    """Has it run in the test, as far as that is known? A class has none of its lines run, a generator waits for its."""
    is_function = isinstance(written.node, FUNCTIONS)
    return not is_function or written.is_other_kind or ran(outcome.facts, written.file, written.node)


def _crash(outcome: Outcome) -> dict[str, Any] | None:
    """What broke the app's last answer off, where the test saw no more of it than the status 500."""
    answer = outcome.facts.get("answer") or {}
    crash: dict[str, Any] | None = answer.get("crash")
    return crash if crash and crash["error"] != outcome.error else None


def _asked_for(workspace: Workspace, written: Sequence[Written], outcome: Outcome) -> Place | None:
    """The definition that a test is about.

    That is one that its last line names (or a helper there), or its parameters do, or the endpoint that answered last,
    or what was called last, or what the test names, or the first.
    """
    source = _source(workspace.stage.folder / _file(outcome))
    name, _, parameters = outcome.test.rpartition("::")[2].partition("[")
    helpers = _by_name(parsed(source))
    test = ast.unparse(helpers.pop(name)) if name in helpers else outcome.happened
    last = next((each["code"] for each in reversed(outcome.frames) if "code" in each), "")
    last += "".join(ast.unparse(each) for own, each in helpers.items() if f"{own}(" in last)
    request = (outcome.facts.get("answer") or {}).get("request", "")
    called = [each for each in written if "ran" in outcome.facts and isinstance(each.node, FUNCTIONS)]
    ways = [
        _named(written, last),
        _named(written, parameters),
        [each for each in written if answers(each, request, _source(each.file))],
        sorted(called, key=lambda each: _when(outcome, each), reverse=True),
        _named(written, test),
        written,
    ]
    chosen = next((way[0] for way in ways if way), None)
    return chosen.at(chosen.node) if chosen else None


def _named(written: Sequence[Written], text: str) -> list[Written]:
    return [each for each in written if (own := getattr(each.node, "name", "")) and re.search(rf"\b{own}\b", text)]


def _when(outcome: Outcome, written: Written) -> int:
    """How late a function was called first, among those of its file."""
    lines = lines_run(outcome.facts, written.file) or []
    first, last = getattr(written.node, "lineno", 0), getattr(written.node, "end_lineno", 0)
    return next((place for place, line in enumerate(lines) if first <= line <= last), -1)


def _trace(workspace: Workspace, outcome: Outcome) -> str:
    """The way from the test to the exception, the libraries folded; nothing, if it is short."""
    if not any("libraries" in frame for frame in outcome.frames):
        return ""
    return " > ".join(_folded(workspace, outcome))


def _folded(workspace: Workspace, outcome: Outcome) -> Iterator[str]:
    courses, theirs = workspace.stage.folder / _file(outcome), file_of_test(workspace, outcome)
    for frame in outcome.frames:
        if "libraries" not in frame:
            file = Path(frame["file"])
            yield f"{from_here(theirs if file == courses else file)}:{frame['line']}"
            continue
        names, count = frame["libraries"], frame["count"]
        more = f" and {len(names) - LIBRARIES_NAMED} more" if len(names) > LIBRARIES_NAMED else ""
        yield f"... {count} frame{'s' * (count > 1)} of {', '.join(names[:LIBRARIES_NAMED])}{more}"


def _answer(outcome: Outcome) -> str:
    """The app's last answer, where it says more than the test."""
    answer = outcome.facts.get("answer")
    if not answer or not answer["text"] or "status" not in outcome.happened:
        return ""
    return f"{answer['request']}: {answer['status']} {' '.join(answer['text'].split())}"


def what_happened(workspace: Workspace, outcome: Outcome) -> str:
    """The one clause about a test, its place as a terminal opens it."""

    def here(match: re.Match[str]) -> str:
        in_test = match[1] == _file(outcome)
        return f"{from_here(file_of_test(workspace, outcome) if in_test else workspace.folder / match[1])}:{match[2]}"

    return re.sub(r"^(\S+\.py), line (\d+),", here, outcome.happened)


def file_of_test(workspace: Workspace, outcome: Outcome) -> Path:
    """The test's file as the student has it; the course's, if theirs is another."""
    folder = workspace.stage.folder if _is_edited(workspace, outcome) else workspace.folder
    return (folder if (folder / _file(outcome)).is_file() else workspace.stage.folder) / _file(outcome)


def _file(outcome: Outcome) -> str:
    return outcome.test.partition("::")[0]


def _is_edited(workspace: Workspace, outcome: Outcome) -> bool:
    """Has the student's copy of the test's file another text than the course's?"""
    mine, courses = (_source(folder / _file(outcome)) for folder in (workspace.folder, workspace.stage.folder))
    return bool(mine) and mine != courses


def _source(path: Path) -> str:
    return read_source(path) if path.is_file() else ""
