"""Why a test fails: the student's line, what was expected and seen, what was printed, and one likely cause."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from course.learn.causes.endpoints import answers
from course.learn.causes.evidence import FUNCTIONS, Failure, Place, Written, parsed, ran
from course.learn.mistakes import cause_of
from course.machine.material import reading
from course.machine.material.data import Step
from course.machine.material.testing import Outcome
from course.machine.material.workspace import Workspace, read_source
from course.paths import from_here

Frame = dict[str, Any]

LINES = 11  # of an explanation; with what stands around it, a check prints at most 15
PRINTED_LINES = 3
LIBRARIES_NAMED = 3
FIRST_ERROR = 400  # of the statuses


def explain(workspace: Workspace, steps: Sequence[Step], outcome: Outcome, count: str = "") -> list[str]:
    """The lines that explain a failed test to who has written these steps."""
    written = [each for each in written_for(workspace, steps) if _concerns(outcome, each)]
    crash = _crash(outcome)
    frames = crash["frames"] if crash else app_frames(workspace, outcome)
    frame = _of_the_step(workspace, written, frames, outcome)
    failure = Failure(
        text=(crash and crash["error"]) or outcome.error or outcome.happened,
        place=Place(Path(frame["file"]), frame["line"], frame["name"]) if frame else None,
        written=written,
        line=frame["code"] if frame else "",
        asked=next((each["code"] for each in reversed(outcome.frames) if "code" in each), ""),
        test=_test_of(workspace, outcome),
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
    if _is_edited(workspace, outcome) and not _is_to_be_written(workspace, _file(outcome)):
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
    about = [f"Likely cause: {cause.sentence}"] if cause else []
    about += ["The app is the finished one: it is the test that is wrong."]
    further = [f"  answer:   {answer}"] if (answer := _answer(outcome)) else []
    return [*lines, *about, *further][:LINES]


def _values(outcome: Outcome) -> list[str]:
    if not outcome.values:
        return []
    return [f"  expected: {outcome.values[0]}", f"  seen:     {outcome.values[1]}"]


def shown(place: Place | None) -> list[str]:
    """A place in a student's file, as a terminal opens it, and its line of code."""
    if place is None:
        return []
    code = _source(place.file).splitlines()[place.line - 1 : place.line]
    if not place.line:
        return [from_here(place.file)]
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


def app_frames(workspace: Workspace, outcome: Outcome) -> list[Frame]:
    """The frames of the student's app in a test's traceback, the last one last."""
    paths = [(frame, Path(frame.get("file", ""))) for frame in outcome.frames]
    inside = [
        (frame, path.relative_to(workspace.folder)) for frame, path in paths if path.is_relative_to(workspace.folder)
    ]
    return [frame for frame, path in inside if path.parts[0] != "tests"]


def _of_the_step(
    workspace: Workspace, written: Sequence[Written], frames: Sequence[Frame], outcome: Outcome
) -> Frame | None:
    """The last frame in what the steps ask for, or in a function that is the student's own.

    What is handed out, or belongs to a step that is done, was most likely given a wrong value. If no frame is in the
    steps' code, an exception that came up in it may have led there, such as one that is answered elsewhere.
    """
    in_a_library = any("libraries" in frame for frame in outcome.frames[-1:]) and not outcome.error.startswith("Failed")
    if not frames and not in_a_library:
        return None
    own = [frame for frame in frames if not _is_given(workspace, written, frame)]
    raised = [each for each in outcome.facts.get("raised", ()) if any(_is_in(each, other) for other in written)]
    last = [each for each in raised if each["error"] == raised[-1]["error"]]  # where it came up, and its callers
    led_there = last[:1] if outcome.error != "TimeoutError" else []
    return next(iter([*own[-1:], *led_there, *frames[-1:]]), None)


def _is_given(workspace: Workspace, written: Sequence[Written], frame: Frame) -> bool:
    """Is it outside of the steps' definitions, and in a function that the finished file has, too?"""
    if any(_is_in(frame, each) for each in written):
        return False
    file = workspace.stage.folder / Path(frame["file"]).relative_to(workspace.folder)
    names = {each.name for each in ast.walk(parsed(_source(file))) if isinstance(each, FUNCTIONS)}
    return not frame["name"].isidentifier() or frame["name"] in names


def _is_in(frame: Frame, written: Written) -> bool:
    first, last = getattr(written.node, "lineno", 1), getattr(written.node, "end_lineno", frame["line"])
    return Path(frame["file"]) == written.file and first <= frame["line"] <= last


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
    """The definition that a test is about, as far as it can be known.

    That is one that its last line names (or a helper there), or its parameters do, or the endpoint that answered last,
    or the only one that was called, or that the test names, or that there is. Otherwise it is their file.
    """
    source = _source(workspace.stage.folder / _file(outcome))
    name, _, parameters = outcome.test.rpartition("::")[2].partition("[")
    helpers = _by_name(parsed(source))
    helpers.pop(name, None)
    last = next((each["code"] for each in reversed(outcome.frames) if "code" in each), "")
    last += "".join(ast.unparse(each) for own, each in helpers.items() if f"{own}(" in last)
    request = (outcome.facts.get("answer") or {}).get("request", "")
    called = [each for each in written if "ran" in outcome.facts and isinstance(each.node, FUNCTIONS)]
    guesses = [called, _named(written, _test_of(workspace, outcome) or outcome.happened), written]
    ways = [
        _named(written, last),
        _named(written, parameters),
        [each for each in written if answers(each.node, request, parsed(_source(each.file)))],
        *(way for way in guesses if len(way) == 1),
    ]
    if chosen := next((way[0] for way in ways if way), None):
        return chosen.at(chosen.node)
    files = {each.file for each in called or written}
    return Place(files.pop(), 0) if len(files) == 1 else None


def _test_of(workspace: Workspace, outcome: Outcome) -> str:
    """The code of a test of the course's; nothing, if the failure is not one test's."""
    name = outcome.test.rpartition("::")[2].partition("[")[0]
    test = _by_name(parsed(_source(workspace.stage.folder / _file(outcome)))).get(name)
    return ast.unparse(test) if test else ""


def _named(written: Sequence[Written], text: str) -> list[Written]:
    return [each for each in written if (own := getattr(each.node, "name", "")) and re.search(rf"\b{own}\b", text)]


def _trace(workspace: Workspace, outcome: Outcome) -> str:
    """The way from the test to the exception, the libraries folded; nothing, if it is short."""
    if not any("libraries" in frame for frame in outcome.frames):
        return ""
    return " > ".join(_folded(workspace, outcome))


def _folded(workspace: Workspace, outcome: Outcome) -> Iterator[str]:
    courses, theirs = workspace.stage.folder / _file(outcome), file_shown(workspace, outcome).partition(" (")[0]
    for frame in outcome.frames:
        if "libraries" not in frame:
            file = Path(frame["file"])
            yield f"{theirs if file == courses else from_here(file)}:{frame['line']}"
            continue
        names, count = frame["libraries"], frame["count"]
        more = f" and {len(names) - LIBRARIES_NAMED} more" if len(names) > LIBRARIES_NAMED else ""
        yield f"... {count} frame{'s' * (count > 1)} of {', '.join(names[:LIBRARIES_NAMED])}{more}"


def _answer(outcome: Outcome) -> str:
    """The app's last answer, where it says more than the test: about a status, or where the test stumbles over it."""
    answer = outcome.facts.get("answer")
    if not answer or not answer["text"]:
        return ""
    stumbles = answer["status"] >= FIRST_ERROR and outcome.error.startswith(("KeyError", "IndexError", "TypeError"))
    if "status" not in outcome.happened and not stumbles:
        return ""
    return f"{answer['request']}: {answer['status']} {' '.join(answer['text'].split())}"


def what_happened(workspace: Workspace, outcome: Outcome) -> str:
    """The one clause about a test, its place as a terminal opens it."""

    def here(match: re.Match[str]) -> str:
        if match[1] == _file(outcome):
            file = file_shown(workspace, outcome)
            return f"{file}:{match[2]}" if file.endswith(".py") else match[0].removesuffix(",")
        return f"{from_here(workspace.folder / match[1])}:{match[2]}"

    return re.sub(r"^(\S+\.py), line (\d+),", here, outcome.happened)


def file_shown(workspace: Workspace, outcome: Outcome) -> str:
    """The test's file as a terminal opens it; only its name, if it solves a step that is still to be done."""
    file = _file(outcome)
    for step in workspace.learning.steps:
        if step.catches and file in step.files and not workspace.state.of(step).passed:
            return f"{file} (the course's, which solves step {step.id})"
    return from_here(_path_of_test(workspace, outcome))


def _path_of_test(workspace: Workspace, outcome: Outcome) -> Path:
    """The test's file as the student has it; the course's, if theirs is another."""
    folder = workspace.stage.folder if _is_edited(workspace, outcome) else workspace.folder
    return (folder if (folder / _file(outcome)).is_file() else workspace.stage.folder) / _file(outcome)


def _file(outcome: Outcome) -> str:
    return outcome.test.partition("::")[0]


def _is_edited(workspace: Workspace, outcome: Outcome) -> bool:
    """Has the student's copy of the test's file another text than the course's?"""
    mine, courses = (_source(folder / _file(outcome)) for folder in (workspace.folder, workspace.stage.folder))
    return bool(mine) and mine != courses


def _is_to_be_written(workspace: Workspace, file: str) -> bool:
    """Is this a whole file that a step is still to write?"""
    return any(file in step.files and file in workspace.unwritten(step) for step in workspace.learning.steps)


def _source(path: Path) -> str:
    return read_source(path) if path.is_file() else ""
