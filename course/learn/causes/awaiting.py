"""Causes of a failure: what is awaited, or blocks, or is done by many at once."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from course.learn.causes.evidence import FUNCTIONS, MANY, Failure, Found, Place, called, calls, code_of, name_of, nodes

BLOCKING = r"bcrypt\.(hashpw|checkpw)|(time\.)?sleep|requests\.\w+|(urllib\.request\.)?urlopen|subprocess\.\w+"


def never_awaited(failure: Failure) -> Found | None:
    """A coroutine that was made and thrown away, or kept and never awaited."""
    for each in failure.facts.get("unawaited", ()):
        called = _call_of(each["code"], each["call"])
        return Found(Place(Path(each["file"]), each["line"], each["name"]), {"call": called})
    return None


def _call_of(line: str, name: str) -> str:
    """The call of that name in a line, with its receiver: `session.commit()`."""
    match = re.search(rf"[\w.]*\b{re.escape(name)}\(", line)
    return f"{match[0]})" if match else f"{name}()"


def requests_at_once(failure: Failure) -> Found | None:
    """How requests that came at the same time were answered, if the student looks first and inserts then."""
    race: dict[str, int] = failure.facts.get("race", {})
    if sum(race.values()) < MANY:
        return None
    counts = [f"{count} {'was' if count == 1 else 'were'} {status}" for status, count in race.items()]
    words = {"number": str(sum(race.values())), "counts": _and(counts)}
    for written in failure.written if len(race) > 1 else ():
        added = [call for call in calls(written.node) if called(call).endswith((".add", ".add_all"))]
        looks = ("select", "session.get", "session.scalar", "session.scalars", "session.execute")
        looked = [call for call in calls(written.node) if called(call) in looks]
        if isinstance(written.node, FUNCTIONS) and added and looked and looked[0].lineno < added[0].lineno:
            words["why"] = (
                " Between your look and your insert another request inserts the same (a race condition, "
                "check-then-act): insert without a look, and let the unique constraint decide."
            )
            return Found(written.at(looked[0]), words)
    crash = failure.facts.get("crash")
    words["why"] = ""
    if crash and re.match("StaleDataError|ObjectDeletedError|SAWarning: DELETE", crash["error"]):
        words["why"] = (
            " A row was read, and gone before it was written (a race condition): lock the row as you read it "
            "(`with_for_update`), so that the other request waits."
        )
    elif crash:
        words["why"] = f" What was raised there, and nothing turned into an answer: {crash['error'].rstrip('.')}."
    where = crash and crash["place"]
    return Found(Place(Path(where["file"]), where["line"], where["name"]) if where else None, words)


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def blocking_call(failure: Failure) -> Found | None:
    """A call that holds up the event loop, in a coroutine itself."""
    for written in failure.written:
        finished = {called(call) for call in calls(written.finished, nested=False)}
        if isinstance(written.node, ast.AsyncFunctionDef):
            for call in calls(written.node, nested=False):
                blocks = re.match(rf"({BLOCKING})$", called(call)) and called(call) not in finished
                if blocks and failure.has_run(written, call):
                    return Found(written.at(call), {"call": f"{called(call)}()"})
    return None


def thread_without_limit(failure: Failure) -> Found | None:
    """Work given to a thread without the limit that the finished definition names."""
    for written in failure.written:
        limits = [word.value for call in calls(written.finished) for word in call.keywords if word.arg == "limiter"]
        if limits and not re.search("limiter|semaphore", code_of(written.node), re.IGNORECASE):
            for call in calls(written.node):
                if called(call).endswith(("run_sync", "to_thread")) and failure.has_run(written, call):
                    return Found(written.at(call), {"call": called(call), "limiter": ast.unparse(limits[0])})
    return None


def plain_def(failure: Failure) -> Found | None:
    return next(_other_kind(failure, ast.FunctionDef, ast.AsyncFunctionDef), None)


def coroutine_def(failure: Failure) -> Found | None:
    """A coroutine in the place of a function, whose callers did not await it: it was made, and never ran."""
    made = failure.facts.get("never_run", ())
    return next(
        (each for each in _other_kind(failure, ast.AsyncFunctionDef, ast.FunctionDef) if each.words["name"] in made),
        None,
    )


def _other_kind(failure: Failure, mine: type[ast.AST], finished: type[ast.AST]) -> Iterator[Found]:
    for written in failure.written:
        if isinstance(written.node, mine) and isinstance(written.finished, finished):
            yield Found(written.at(written.node), {"name": name_of(written)})


def loop_until_disconnected(failure: Failure) -> Found | None:
    """A loop that reads from a client, and nothing around it for its end."""
    for written in failure.written:
        ends = [re.search("WebSocketDisconnect|GONE", code_of(each)) for each in (written.node, written.finished)]
        for loop in nodes(written.node, ast.While, ast.AsyncFor):
            if isinstance(written.node, FUNCTIONS) and ends[1] and not ends[0] and failure.has_run(written, loop):
                return Found(written.at(loop))
    return None


def connects_behind_a_lock(failure: Failure) -> Found | None:
    """A call that connects, where the finished definition does so behind a lock."""
    for written in failure.written:
        if "lock:" in ast.unparse(written.finished):
            for call in calls(written.node):
                if re.search(r"(^|\.)connect$", called(call)) and failure.has_run(written, call):
                    return Found(written.at(call))
    return None


def limit_left_out(failure: Failure) -> Found | None:
    """`gt` or `lt` where the finished definition has `ge` or `le`."""
    for written in failure.written:
        finished = {word.arg for call in calls(written.finished) for word in call.keywords}
        for call in calls(written.node):
            for word in call.keywords:
                right = {"gt": "ge", "lt": "le"}.get(word.arg or "")
                if right and right in finished and word.arg not in finished:
                    return Found(written.at(call), {"mine": str(word.arg), "right": right})
    return None
