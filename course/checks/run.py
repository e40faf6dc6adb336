"""`course test`: sessions of the noxfile, one alone in this terminal, several in lanes."""

import time
from contextlib import nullcontext

from course.checks import choice, lanes, sets
from course.checks.changed import touched
from course.checks.durations import Durations
from course.checks.show import Show
from course.errors import UsageError
from course.machine import embedded, ladder, set_up
from course.machine.sessions import Session, sessions


def run(
    names: list[str], *, every: bool = False, rest: bool = False, changed: bool = False, since: str | None = None
) -> int:
    """Run the chosen sessions, without a choice the quick ones; returns 0 only if every one passed."""
    if sum([bool(names), every, rest, changed]) > 1:
        raise UsageError("Choose by one thing at a time: names, --all, --rest or --changed.")
    if since and not changed:
        raise UsageError(f"--since {since} goes with --changed: what has changed since then is tested.")
    if changed and not (names := touched(since)):
        ladder.to_stderr("Nothing has changed that a session tests.")
        return 0
    chosen = choose(names, every=every, rest=rest)
    set_up.add_if_possible("checks", "nox makes its environments by virtualenv and pip, which takes longer")
    try:
        # One server for all sessions, which saves each of them the start of a container.
        with ladder.server() if any(each.needs_postgres for each in chosen) else nullcontext() as found:
            if found:
                ladder.to_stderr(f"PostgreSQL: {found.rung}")
            if len(chosen) == 1:
                return lanes.run_session(chosen[0], found, None)
            return _run_in_lanes(chosen, found)
    finally:
        embedded.stop_if_unused()  # what a session that was ended by force has left


def choose(names: list[str], *, every: bool = False, rest: bool = False) -> list[Session]:
    """The sessions that are named, or those of the sets that are meant. Raises UsageError for an unknown name."""
    if names:
        return choice.by_name(names, sessions())
    wanted = {sets.REST} if rest else {sets.QUICK, sets.REST} if every else {sets.QUICK}
    return [each for each in sessions() if sets.of(each) in wanted]


def _run_in_lanes(chosen: list[Session], found: ladder.Server | None) -> int:
    durations = Durations()
    by_name = {each.full_name: each for each in chosen}
    running = lanes.Lanes([by_name[name] for name in durations.longest_first(by_name)], lanes.LANES, found)
    show = Show(running, durations)
    show.begin(chosen)
    started = time.monotonic()
    with show.on_terminal():
        for one in running.run(show.tick):
            if one.passed:
                durations.keep(one.session.full_name, one.seconds)
            show.add(one)
    show.conclude(time.monotonic() - started)
    return 0 if all(one.passed for one in show.ended) else 1
