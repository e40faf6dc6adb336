"""How long each session took when it last ran on this machine, and what follows for a run that is to come."""

import heapq
import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from course.checks import sets
from course.paths import home


def _path() -> Path:
    return home() / "test-durations.json"


class Durations:
    """Seconds by a session's full name."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}
        with suppress(OSError, ValueError):  # never written yet, or cut off while it was
            self._known = {str(name): float(took) for name, took in json.loads(_path().read_text("utf-8")).items()}

    def of(self, name: str) -> float:
        """What a session took last, or what it is thought to take."""
        return self._known.get(name, sets.seconds(name))

    def are_known(self, names: Iterable[str]) -> bool:
        return all(name in self._known for name in names)

    def keep(self, name: str, seconds: float) -> None:
        """Remember what a session took that has passed."""
        self._known[name] = round(seconds, 1)
        _path().write_text(json.dumps(self._known, indent=1, sort_keys=True), encoding="utf-8")

    def longest_first(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=self.of, reverse=True)

    def left(self, running: Mapping[str, float], waiting: Collection[str], lanes: int) -> float:
        """The seconds until all is done, given for how long the running ones have been at it."""
        free = [max(0.0, self.of(name) - so_far) for name, so_far in running.items()]
        free += [0.0] * (lanes - len(free))
        heapq.heapify(free)
        for name in self.longest_first(waiting):
            heapq.heapreplace(free, free[0] + self.of(name))
        return max(free)
