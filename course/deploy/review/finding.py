"""What a review finds, and what it can't judge."""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from course.deploy.verify.caller import NotJudgedError as NotJudgedError

if TYPE_CHECKING:
    from course.deploy.review.target import Target

GRAVITIES = (
    "grave",
    "serious",
    "minor",
)  # somebody's data or the service is lost; it fails some day; it could be better


@dataclass(frozen=True)
class Kind:
    """A kind of fault: one cause, in however many places it is found."""

    id: str
    gravity: str
    title: str
    why: str
    section: str  # of the lessons


@dataclass(frozen=True)
class Finding:
    """One fault, as it was seen."""

    kind: str
    where: str  # POST /notes
    sent: str  # a command that repeats it
    came: str
    certain: bool = True  # seen twice; or it is only likely, and `came` says why


@dataclass(frozen=True)
class Probe:
    """A question to an app: its name, what it does, and whether it takes an app that the review has started."""

    ask: Callable[["Target"], list[Finding]]
    needs_start: bool = False
    begin: Callable[["Target"], None] = lambda _: None  # done before all others are asked: what has to wait meanwhile

    @property
    def name(self) -> str:
        return self.ask.__name__.replace("_", " ")


probe = Probe  # any address can be asked
probe_of_own = partial(Probe, needs_start=True)


def probes_of(module: ModuleType) -> list[Probe]:
    """The probes of a module, in the order in which they stand there."""
    return [each for each in vars(module).values() if isinstance(each, Probe)]


def for_each(target: "Target", things: Iterable[Any], ask: Callable[["Target", Any], list[Finding]]) -> list[Finding]:
    """Ask of each. Raises NotJudgedError if none can be judged; of some, it is noted."""
    found: list[Finding] = []
    reasons: dict[str, str] = {}
    judged = False
    for each in things:
        try:
            found += ask(target, each)
            judged = True
        except NotJudgedError as error:
            one = each[0] if isinstance(each, tuple) else each
            reasons[f"{ask.__name__.strip('_').replace('_', ' ')}, of {one.name}"] = str(error)
    if reasons and not judged:
        raise NotJudgedError("; ".join(dict.fromkeys(reasons.values())))
    target.not_judged |= reasons
    return found


@cache
def kinds() -> dict[str, Kind]:
    """All kinds, by their ids, the gravest first."""
    read: dict[str, Any] = tomllib.loads((Path(__file__).parent / "kinds.toml").read_text(encoding="utf-8"))
    found = [Kind(id=each, **entry) for each, entry in read.items()]
    return {each.id: each for each in sorted(found, key=lambda kind: GRAVITIES.index(kind.gravity))}


@dataclass
class Seen:
    """All that a review has come to."""

    findings: list[Finding] = field(default_factory=list)
    not_judged: dict[str, str] = field(default_factory=dict)  # by the probe's name, or a part of it, the reason
    asked: list[str] = field(default_factory=list)
