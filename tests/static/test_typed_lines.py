"""What a page has its reader type can be typed in every shell: zsh and cmd pass `# a comment` on as words."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.author import lesson
from course.stages import STAGES

ROOT = Path(__file__).parents[2]
FRONT = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES = [*FRONT, *(page.path for stage in STAGES for page in lesson.pages_of(stage))]
BLOCK = re.compile(r"^ *```(?:console|bash|sh)\b[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def typed_lines(text: str) -> Iterator[str]:
    """The lines of a page's shells that are typed: those after a `$`, or all where there is none."""
    for block in BLOCK.findall(text):
        lines = block.splitlines()
        yield from [line.removeprefix("$ ") for line in lines if line.startswith("$ ")] or lines


def comments(text: str) -> list[str]:
    """The typed lines with a comment: without it, a shell reads fewer words, or no open quote."""
    return [line for line in typed_lines(text) if words(line) != words(line, comments=True)]


def words(line: str, **how: bool) -> list[str] | None:
    try:
        return shlex.split(line, **how)
    except ValueError:
        return None


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_comment_stands_behind_a_command(page: Path) -> None:
    assert comments((ROOT / page).read_text(encoding="utf-8")) == []


def test_a_comment_is_found_and_a_quoted_hash_is_none() -> None:
    page = "```console\n$ course check  # it's done\n# printed\n$ course http '/a#b'\n```\n```sh\ncourse # run\n```\n"
    assert comments(page) == ["course check  # it's done", "course # run"]
