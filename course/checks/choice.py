"""Which sessions are meant: by a stage's id or by their own names."""

from difflib import get_close_matches

from course.checks import sets
from course.checks.durations import Durations
from course.errors import UsageError
from course.machine.sessions import Session, sessions


def by_name(names: list[str], known: list[Session]) -> list[Session]:
    """The sessions that are meant, in the noxfile's order. Raises UsageError for a name that means none."""
    for name in names:
        if not any(name in each.known_as for each in known):
            raise UsageError(_unknown(name, known))
    return [each for each in known if each.known_as & set(names)]


def _unknown(name: str, known: list[Session]) -> str:
    stages = list(dict.fromkeys(each.stage_id for each in known if each.stage_id))
    names = list(dict.fromkeys(each.name for each in known))
    session, _, stage = name.removesuffix(")").partition("(")
    if session in names and stage in stages:
        return f"There is no session {name!r}: stage {stage} has nothing yet that {session} would try."
    close = get_close_matches(name, [*stages, *names, *(each.full_name for each in known)], n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"There is no stage or session {name!r}{hint}. Stages: {', '.join(stages)}. Sessions: {', '.join(names)}."


def show() -> None:
    """Print what `course test` can be told to run: the set of each, its seconds, and what it proves."""
    from rich.console import Console
    from rich.table import Table

    known, took = sessions(), Durations().of
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("set", "session", "of", "takes about", "what it proves"):
        table.add_column(column, style="bold" if column == "session" else "")
    for name, place in sets.PLACES.items():
        mine = [each for each in known if each.name == name]
        of = " ".join(each.full_name.removeprefix(name).strip("()") for each in mine)
        seconds = f"{sum(took(each.full_name) for each in mine):.0f} s"
        table.add_row(place.set, name, of, seconds, mine[0].description)
    Console().print(table)
