"""Breaking things on purpose."""

from pathlib import Path


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that has to be in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
