"""Why a test fails: the student's line, what was expected and seen, what was printed, and one likely cause."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from course.learn.mistakes import cause_of
from course.learn.written import FUNCTIONS, Failure, Place, Written, answers, parsed
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
    written = written_for(workspace, steps)
    frame = own_frame(workspace, outcome)
    failure = Failure(
        text=outcome.error or outcome.happened,
        place=Place(Path(frame["file"]), frame["line"], frame["name"]) if frame else None,
        written=written,
        line=frame["code"] if frame else "",
        source=_source(Path(frame["file"])) if frame else "",
        finished=_source(workspace.stage.folder / Path(frame["file"]).relative_to(workspace.folder)) if frame else "",
        values=outcome.values,
        facts=outcome.facts,
    )
    cause = cause_of(failure)
    place = (cause and cause.place) or failure.place or _asked_for(workspace, written, outcome)
    lines = [*([count] if count else []), *shown(place), *_values(outcome), *printed(outcome.printed)]
    if cause:
        lines.append(f"Likely cause: {cause.sentence}")
    further = [f"  answer:   {answer}"] if (answer := _answer(outcome)) else []
    further += [f"  through:  {trace}"] if (trace := _trace(outcome)) else []
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
    return [*lines, *([f"Likely cause: {cause.sentence}"] if cause else [])][:LINES]


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


def _asked_for(workspace: Workspace, written: Sequence[Written], outcome: Outcome) -> Place | None:
    """The definition that a test is about: one that it names, the endpoint that answered last, or the step's first."""
    source = _source(workspace.stage.folder / _file(outcome))
    name = outcome.test.rpartition("::")[2].partition("[")[0]
    test = reading.definition(source, name) if source and not reading.fault_in(source) else None
    text = ast.unparse(test) if test else outcome.happened
    named = [each for each in written if (own := getattr(each.node, "name", "")) and own in text]
    request = (outcome.facts.get("answer") or {}).get("request", "")
    asked = [each for each in written if answers(each, request, _source(each.file))]
    chosen = next(iter(named or asked or written), None)
    return chosen.at(chosen.node) if chosen else None


def _trace(outcome: Outcome) -> str:
    """The way from the test to the exception, the libraries folded; nothing, if it is short."""
    if not any("libraries" in frame for frame in outcome.frames):
        return ""
    return " > ".join(_folded(outcome.frames))


def _folded(frames: Sequence[dict[str, Any]]) -> Iterator[str]:
    for frame in frames:
        if "libraries" not in frame:
            yield f"{from_here(Path(frame['file']))}:{frame['line']}"
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


def _file(outcome: Outcome) -> str:
    return outcome.test.partition("::")[0]


def _is_edited(workspace: Workspace, outcome: Outcome) -> bool:
    """Has the student's copy of the test's file another text than the course's?"""
    mine, courses = (_source(folder / _file(outcome)) for folder in (workspace.folder, workspace.stage.folder))
    return bool(mine) and mine != courses


def _source(path: Path) -> str:
    return read_source(path) if path.is_file() else ""
