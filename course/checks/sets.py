"""Which set each session of the noxfile belongs to: the quick one, the rest of all, or none, to be run by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from course.machine.sessions import Session

QUICK = "quick"  # what `course test` runs: within five minutes on two cores
REST = "rest"  # what CI runs besides
BY_NAME = "by name"  # asks somebody outside, changes files, or measures: never part of `--all`


@dataclass(frozen=True)
class Place:
    """Where a session belongs, and how many seconds it took on two cores: what is known before the first run."""

    set: str
    seconds: int
    of: Mapping[str, int] = field(default_factory=dict)  # by what it is of, where that is far from `seconds`


PLACES = {
    "lint": Place(QUICK, 15),
    "types": Place(QUICK, 20),
    "static": Place(QUICK, 10),
    "course": Place(QUICK, 125, of={"running": 190}),
    "stage": Place(QUICK, 15, of={"05b": 40, "06": 95}),
    "contract": Place(QUICK, 25, of={"05b": 10, "06": 55}),
    "rehearsal": Place(QUICK, 30),
    "alone": Place(REST, 40, of={"06": 95}),
    "machines": Place(REST, 100, of={"root": 30, "folders": 120, "shells": 10}),
    "first_hour": Place(REST, 40),
    "course_thorough": Place(REST, 350),
    "steps": Place(REST, 115),
    "bugs": Place(REST, 40),
    "lessons": Place(REST, 240, of={"04": 130, "06": 350}),
    "broken_promises": Place(REST, 30, of={"06": 80}),
    "browser": Place(REST, 90),
    "clients": Place(REST, 70),
    "site": Place(REST, 75),
    "deploy": Place(REST, 680),
    "notebooks": Place(REST, 290),
    "faults": Place(REST, 130),
    "fuzz": Place(REST, 45),
    "review": Place(REST, 60, of={"05a": 140}),
    "bench": Place(BY_NAME, 600),
    "audit": Place(BY_NAME, 10),
    "facts": Place(BY_NAME, 1),
    "lock": Place(BY_NAME, 30),
}


def names(*sets: str) -> list[str]:
    """The names of the sessions in these sets."""
    return [name for name, place in PLACES.items() if place.set in sets]


def of(session: Session) -> str:
    """The set that a session belongs to."""
    return PLACES[session.name].set


def seconds(session_name: str) -> int:
    """How long a session takes about, as far as that is known before its first run."""
    name, _, case = session_name.removesuffix(")").partition("(")
    place = PLACES.get(name)
    return place.of.get(case, place.seconds) if place else 30
