"""The articles of the demo blog, their comments, and the people who write them, as read from this folder.

An article is one text file in `articles/`, named so that the oldest comes first. It reads as the page reads: title and
author, the text, the comments. Lines of `+++` part the three; the first and the last part are TOML.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Author:
    name: str
    email: str


@dataclass(frozen=True)
class Comment:
    author: Author
    body: str


@dataclass(frozen=True)
class Article:
    title: str
    author: Author
    body: str
    comments: tuple[Comment, ...]


def read_authors() -> dict[str, Author]:
    """The authors by their short names, which the articles use."""
    people = tomllib.loads((FOLDER / "authors.toml").read_text(encoding="utf-8"))
    return {short: Author(**person) for short, person in people.items()}


def read_articles() -> list[Article]:
    """Every article, oldest first."""
    authors = read_authors()
    return [read_article(path, authors) for path in sorted((FOLDER / "articles").glob("*.md"))]


def read_article(path: Path, authors: dict[str, Author]) -> Article:
    """One article from its file. Raises KeyError for an author who is not in authors.toml."""
    _, head, body, thread = path.read_text(encoding="utf-8").split("+++\n")
    fields = tomllib.loads(head + thread)
    comments = tuple(Comment(authors[comment["by"]], comment["text"].strip()) for comment in fields["comment"])
    return Article(fields["title"], authors[fields["author"]], body.strip(), comments)
