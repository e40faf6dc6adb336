"""What changed between two folders of code, file by file, with files that moved followed to their new place."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from pathlib import Path

from course.machine.material.data import is_teaching
from course.machine.material.workspace import stage_files

MOVED_SIMILARITY = 0.4  # share of equal lines from which a new file counts as an old one that has moved
SAME_PLACE_BONUS = 0.25  # for the same file name, and again for each same folder above it
DRAWN_FROM_SHARE = 0.5  # share of a new file's lines from which it counts as split off an old one


@dataclass(frozen=True)
class Change:
    """One file that differs: `old` is None for a new one, `new` is None for one that has gone."""

    old: str | None
    new: str | None
    lines: tuple[str, ...]  # a unified diff without its two header lines
    drawn_from: str | None = None  # the old file that most of a new one was split off from

    @property
    def title(self) -> str:
        """`core/auth.py`, `core/auth.py -> app/core/auth.py`, `app/main.py (new)` or `main.py (gone)`."""
        if self.old is None:
            return f"{self.new} (new, mostly from {self.drawn_from})" if self.drawn_from else f"{self.new} (new)"
        if self.new is None:
            return f"{self.old} (gone)"
        return self.old if self.old == self.new else f"{self.old} -> {self.new}"

    @property
    def added(self) -> int:
        return sum(line.startswith("+") for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.startswith("-") for line in self.lines)


def compare(old: Path, new: Path) -> list[Change]:
    """All changes from one folder to the other, in the order of the new one's files; what has gone comes last."""
    before, after = _texts(old), _texts(new)
    origin = {file: file for file in after if file in before}
    origin |= _moves(before, after)
    changes = []
    for file, text in after.items():
        source = origin.get(file)
        lines = _diff(before[source] if source else [], text)
        if lines or source != file:
            changes.append(Change(source, file, lines, _drawn_from(before, text) if source is None else None))
    gone = [file for file in before if file not in origin.values()]
    return changes + [Change(file, None, _diff(before[file], [])) for file in gone]


def _texts(folder: Path) -> dict[str, list[str]]:
    files = (file for file in stage_files(folder) if not is_teaching(file))
    return {file: list(_lines(folder / file)) for file in files}


def _lines(path: Path) -> Iterator[str]:
    try:
        yield from path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        yield f"(binary, {path.stat().st_size:,} bytes)"


def _moves(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, str]:
    """For each new file that is an old one moved: which. The most alike find each other first."""
    new = [file for file in after if file not in before]
    old = [file for file in before if file not in after]
    pairs = sorted(((_likeness(before, a, after, b), b, a) for a in old for b in new), reverse=True)
    moves: dict[str, str] = {}
    for likeness, target, source in pairs:
        if likeness >= MOVED_SIMILARITY and target not in moves and source not in moves.values():
            moves[target] = source
    return moves


def _likeness(before: dict[str, list[str]], old: str, after: dict[str, list[str]], new: str) -> float:
    a, b = before[old], after[new]
    bonus = SAME_PLACE_BONUS * _same_ends(old, new)
    if not a or not b:
        return bonus if a == b else 0.0  # empty files are all alike: only a place tells them apart
    shared = sum((Counter(a) & Counter(b)).values())
    if 2 * shared / (len(a) + len(b)) + bonus < MOVED_SIMILARITY:
        return 0.0  # no order of the lines could make them alike
    return SequenceMatcher(None, a, b, autojunk=False).ratio() + bonus


def _same_ends(old: str, new: str) -> int:
    """How many parts of two paths are the same, counted from the end."""
    count = 0
    for one, other in zip(reversed(Path(old).parts), reversed(Path(new).parts), strict=False):
        if one != other:
            break
        count += 1
    return count


def _drawn_from(before: dict[str, list[str]], text: list[str]) -> str | None:
    """The old file that most lines of a new one stood in, if there is one."""
    lines = Counter(line.strip() for line in text if line.strip())
    shares = {old: (lines & Counter(line.strip() for line in was)).total() for old, was in before.items()}
    best = max(shares, key=lambda old: shares[old], default=None)
    return best if best and shares[best] >= max(2, DRAWN_FROM_SHARE * lines.total()) else None


def _diff(old: list[str], new: list[str]) -> tuple[str, ...]:
    lines = tuple(unified_diff(old, new, lineterm="", n=3))
    return lines[2:]
