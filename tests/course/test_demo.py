"""The demo blog: an empty blog is filled once, and what its articles show is true."""

import ast
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from served import Served

from course import demo
from course.demo import filling
from course.demo.articles import Article, read_articles, read_authors
from course.environment import http
from course.machine import ladder, ports
from course.machine.migrations import migrate
from course.stages import CAPSTONE

SECRET = "a secret for tests alone, 32 bytes or more"
ARTICLES = read_articles()
FEW = ARTICLES[:4]


class Blog:
    """A capstone that is running, on a database of its own."""

    def __init__(self, address: str, database_url: str) -> None:
        self.address = address
        self.database_url = database_url
        self.client = http(address, timeout=30)

    def fill(self, **options: Any) -> int:
        return asyncio.run(demo.fill(self.address, **{"secret": SECRET, **options}))

    def get(self, path: str) -> Any:
        return self.client.get(path).json()

    def execute(self, sql: str) -> None:
        ladder.execute(self.database_url, sql)

    def content(self) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
        """All that a reader finds, oldest first, in the shape of `expected`."""
        posts = self.get("/posts?limit=100")["items"][::-1]
        found = []
        for post in posts:
            body = self.get(f"/posts/{post['id']}")["body"]
            thread = self.get(f"/posts/{post['id']}/comments?limit=100")["items"]
            comments = [(each["author"]["display_name"], each["body"]) for each in thread]
            found.append((post["title"], post["author"]["display_name"], body, comments))
        return found

    def someone(self) -> dict[str, str]:
        """The headers of a person who has just registered and is no author of the demo."""
        answer = self.client.post("/auth/register", json={"email": "someone@example.com", "password": "not an author"})
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def expected(articles: list[Article]) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    return [(a.title, a.author.name, a.body, [(c.author.name, c.body) for c in a.comments]) for a in articles]


@pytest.fixture(scope="module")
def server() -> Iterator[Blog]:
    with ladder.fresh_database() as url, Served(CAPSTONE, ports.any_free(), url) as served:
        served.env["BCRYPT_ROUNDS"] = "4"
        migrate(CAPSTONE, served.env)
        served.start()
        blog = Blog(served.url, url)
        with blog.client:
            yield blog


@pytest.fixture
def blog(server: Blog, monkeypatch: pytest.MonkeyPatch) -> Blog:
    """An empty blog, and a demo of a few articles: how a blog is filled does not depend on how many there are."""
    monkeypatch.setattr(filling, "read_articles", lambda: FEW)
    server.execute("TRUNCATE users RESTART IDENTITY CASCADE")
    return server


@pytest.fixture
def full_blog(server: Blog) -> Blog:
    """A blog that holds the demo, which a test only reads."""
    if len(server.get("/posts")["items"]) != len(ARTICLES):
        server.execute("TRUNCATE users RESTART IDENTITY CASCADE")
        server.fill()
    return server


# Filling


def test_an_empty_blog_gets_every_article_and_every_comment(full_blog: Blog) -> None:
    assert full_blog.content() == expected(ARTICLES)


def test_the_progress_is_told_article_by_article(blog: Blog) -> None:
    told: list[tuple[int, int]] = []
    blog.fill(progress=lambda done, total: told.append((done, total)))
    assert told == [(done, len(FEW)) for done in range(1, len(FEW) + 1)]


def test_a_second_fill_adds_nothing_and_needs_no_secret_for_it(blog: Blog) -> None:
    blog.fill()
    assert blog.fill(secret="another secret") == 0
    assert blog.content() == expected(FEW)


def interrupt_fill(blog: Blog, after: int) -> None:
    def stop(done: int, total: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        blog.fill(progress=stop)


def delete_last_comments(blog: Blog, count: int) -> None:
    """Undo the last writes under the newest post: as if the fill had been interrupted before them."""
    newest = "SELECT id FROM comments WHERE post_id = (SELECT max(id) FROM posts) ORDER BY id DESC LIMIT $1"
    ladder.execute(blog.database_url, f"DELETE FROM comments WHERE id IN ({newest})", count)  # noqa: S608


@pytest.mark.parametrize("finished", [1, len(FEW) - 1])
def test_a_fill_that_was_interrupted_between_articles_is_completed(blog: Blog, finished: int) -> None:
    interrupt_fill(blog, after=finished)
    assert blog.fill() == len(FEW) - finished
    assert blog.content() == expected(FEW)


@pytest.mark.parametrize(("finished", "missing"), [(1, 100), (2, 3), (len(FEW), 1), (len(FEW), 100)])
def test_a_fill_that_was_interrupted_among_comments_is_completed(blog: Blog, finished: int, missing: int) -> None:
    interrupt_fill(blog, after=finished)
    delete_last_comments(blog, missing)
    assert blog.fill() == len(FEW) - finished
    assert blog.content() == expected(FEW)


def test_a_fill_that_was_interrupted_before_the_first_article_is_completed(blog: Blog) -> None:
    interrupt_fill(blog, after=1)
    blog.execute("DELETE FROM posts")
    assert blog.fill() == len(FEW)


def test_a_blog_with_somebodys_own_post_is_left_alone(blog: Blog) -> None:
    blog.client.post("/posts", headers=blog.someone(), json={"title": "Mine", "body": "My first post"})
    assert blog.fill() == 0
    assert [title for title, *_ in blog.content()] == ["Mine"]
    assert [user["display_name"] for user in blog.get("/users")["items"]] == ["someone"]


def test_a_post_among_an_unfinished_demo_is_left_alone_too(blog: Blog) -> None:
    interrupt_fill(blog, after=3)
    blog.client.post("/posts", headers=blog.someone(), json={"title": "Mine", "body": "My first post"})
    assert blog.fill() == 0
    assert len(blog.content()) == 4


def test_a_comment_among_an_unfinished_demo_is_left_alone_too(blog: Blog) -> None:
    interrupt_fill(blog, after=3)
    post = blog.get("/posts")["items"][0]["id"]
    delete_last_comments(blog, 1)
    blog.client.post(f"/posts/{post}/comments", headers=blog.someone(), json={"body": "I was here"})
    assert blog.fill() == 0
    assert len(blog.content()) == 3


def test_a_comment_that_was_deleted_from_an_earlier_article_stays_deleted(blog: Blog) -> None:
    interrupt_fill(blog, after=3)
    blog.execute("DELETE FROM comments WHERE post_id = (SELECT min(id) FROM posts)")
    assert blog.fill() == 0
    assert [len(comments) for *_, comments in blog.content()][:2] == [0, len(FEW[1].comments)]


def test_a_readers_comment_under_the_newest_article_adds_nothing_else(blog: Blog) -> None:
    blog.fill()
    newest = blog.get("/posts")["items"][0]
    blog.client.post(f"/posts/{newest['id']}/comments", headers=blog.someone(), json={"body": "Thank you!"})
    assert blog.fill() == 0
    assert blog.get("/posts?limit=1")["items"][0]["comment_count"] == newest["comment_count"] + 1


def test_a_demo_post_that_was_renamed_is_somebodys_own(blog: Blog) -> None:
    blog.fill()
    blog.execute("UPDATE posts SET title = 'Renamed' WHERE id = 3")
    assert blog.fill() == 0
    assert len(blog.content()) == len(FEW)


def test_someone_who_only_registered_keeps_nobody_from_reading_the_demo(blog: Blog) -> None:
    blog.someone()
    assert blog.fill() == len(FEW)


def test_the_authors_log_in_with_passwords_made_from_the_secret(blog: Blog) -> None:
    blog.fill()
    for author in read_authors().values():
        form = {"username": author.email, "password": demo.password(SECRET, author.email)}
        assert blog.client.post("/auth/login", data=form).status_code == 200


def test_an_unfinished_demo_of_another_secret_is_refused_in_one_sentence(blog: Blog) -> None:
    interrupt_fill(blog, after=2)
    with pytest.raises(demo.DemoError, match=r"@example\.com has an account with .*\.$"):
        blog.fill(secret="another secret")
    assert len(blog.content()) == 2


def test_a_blog_that_is_not_there_is_told_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        nobody = Blog(f"http://127.0.0.1:{taken.getsockname()[1]}", database_url="")
        with pytest.raises(demo.DemoError, match=r"The blog at .* does not answer"):
            nobody.fill()


def test_an_answer_that_is_an_error_is_told_with_its_status(blog: Blog) -> None:
    with pytest.raises(demo.DemoError, match="answered 404"):
        Blog(blog.address + "/nowhere", blog.database_url).fill()


# The articles


def test_there_are_a_dozen_articles_by_everybody() -> None:
    assert len(ARTICLES) >= 12
    assert len({article.title for article in ARTICLES}) == len(ARTICLES)
    assert {article.author for article in ARTICLES} == set(read_authors().values())


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.title)
def test_an_article_is_short_and_within_the_blogs_limits(article: Article) -> None:
    assert 1 <= len(article.title) <= 200
    assert 250 <= len(article.body.split()) <= 500
    assert 2 <= len(article.comments) <= 6
    assert all(1 <= len(comment.body) <= 10_000 for comment in article.comments)
    assert "Try this: " in article.body.rpartition("\n\n")[2], "an article ends with something to try"


def snippets(text: str) -> list[str]:
    """The indented blocks of a text."""
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", text + "\n", re.MULTILINE)
    return [textwrap.dedent(block).strip() for block in blocks if block.strip()]


def language(snippet: str) -> str:
    if snippet.startswith("{"):
        return "json"
    return "sql" if re.match(r"--|[A-Z]+ ", snippet) else "python"


SNIPPETS = [
    (language(snippet), article.title, snippet)
    for article in ARTICLES
    for text in (article.body, *(comment.body for comment in article.comments))
    for snippet in snippets(text)
]


def of_language(name: str) -> list[Any]:
    def marks(snippet: str) -> list[pytest.MarkDecorator]:
        return [pytest.mark.thorough] if "bcrypt.gensalt(" in snippet else []  # it hashes for seconds, on purpose

    return [
        pytest.param(snippet, id=title, marks=marks(snippet)) for found, title, snippet in SNIPPETS if found == name
    ]


@pytest.mark.parametrize("snippet", of_language("python"))
def test_a_python_snippet_runs_as_it_stands(snippet: str, full_blog: Blog, tmp_path: Path) -> None:
    ast.parse(snippet)
    file = tmp_path / "snippet.py"
    file.write_text(snippet.replace("http://127.0.0.1:8000", full_blog.address), encoding="utf-8")
    environment = {**os.environ, "DATABASE_URL": full_blog.database_url, "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", file], env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("snippet", of_language("sql"))
def test_a_sql_snippet_runs_and_fails_only_where_it_says_so(snippet: str, full_blog: Blog) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(full_blog.database_url)
        try:
            for statement, note in re.findall(r"(.+?;)([^\n]*)", snippet, re.DOTALL):
                _, told, error = note.partition("-- ERROR: ")
                if told:
                    with pytest.raises(asyncpg.PostgresError, match=error):
                        await connection.execute(statement)
                else:
                    await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


@pytest.mark.parametrize("snippet", of_language("json"))
def test_the_error_that_an_article_shows_is_the_blogs_own(snippet: str, full_blog: Blog) -> None:
    shown = json.loads(snippet)
    assert full_blog.get("/posts/999999") == shown
