"""The field's words: each is explained where it stands in bold, and no page before that one uses it."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from course.machine.material import lessons
from course.machine.material.lessons import Page
from course.stages import STAGES

TERMS = Path(__file__).with_name("terms.toml")
NOT_PROSE = re.compile(r"<!--\[\[\[cog.*?<!--\[\[\[end\]\]\]-->|<!--.*?-->|^ *```.*?^ *```|`[^`\n]+`", re.DOTALL | re.M)


def problems() -> Iterator[str]:
    """What is not true of the list of terms."""
    pages = list(chain.from_iterable(map(lessons.pages, STAGES)))
    yield from problems_on(pages, tomllib.loads(TERMS.read_text(encoding="utf-8")))


def problems_on(pages: Sequence[Page], explained: dict[str, list[str]]) -> Iterator[str]:
    """What is not true of these pages, read in their order; `explained` has the terms of each, by the page's number."""
    numbers = [page.name.removeprefix(lessons.FOLDER).partition("-")[0] for page in pages]
    prose = [re.sub(r"\s+", " ", NOT_PROSE.sub("", page.text)) for page in pages]
    for number, terms in explained.items():
        if number not in numbers:
            yield f"{TERMS.name}: no lesson has a page {number}"
            continue
        at = numbers.index(number)
        for term in terms:
            word = rf"\b{re.escape(term).replace(chr(92) + ' ', '[ -]')}(?:s|es)?\b"
            if not re.search(rf"\*\*[^*]*{word}[^*]*\*\*", prose[at], re.IGNORECASE):
                yield f"{pages[at].path} does not explain **{term}**, as {TERMS.name} says"
            for page, text in zip(pages[:at], prose, strict=False):
                if used := re.search(rf".{{0,40}}{word}.{{0,20}}", text, re.IGNORECASE):
                    yield f"{page.path} says {used[0].strip()!r} before page {number} explains {term!r}"
