"""Fill an empty blog with the demo articles, through its public API alone.

Articles and comments are written one after the other, oldest first. So a fill that was interrupted leaves the
beginning of the demo and nothing else, and the next one goes on from there. If a blog holds anything else, or lacks
something in between, somebody has been at work on it, and nothing is added.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import httpx

from course import environment
from course.demo.articles import Article, Author, read_articles
from course.errors import CourseError

TIMEOUT_SECONDS = 30
PAGE_LIMIT = 100  # more than there are articles, or comments under one of them

JSON = dict[str, Any]
Progress = Callable[[int, int], None]


class DemoError(CourseError):
    """The blog could not be filled."""


def password(secret: str, email: str) -> str:
    """A demo author's password: made from a secret of this machine, so that it stands in no file and is never lost."""
    return hmac.new(secret.encode(), f"demo author {email}".encode(), hashlib.sha256).hexdigest()[:32]


async def fill(base_url: str, *, secret: str, progress: Progress | None = None) -> int:
    """Fill an empty blog, or complete a fill that was interrupted; return the number of posts added.

    `secret` makes the authors' passwords: to complete a fill takes the secret that began it. `progress` is called
    after each article with the number of those that are finished and of all. Raises DemoError.
    """
    articles = read_articles()
    try:
        async with environment.async_http(base_url, timeout=TIMEOUT_SECONDS) as client:
            there = (await ask(client, "GET", f"/posts?limit={PAGE_LIMIT}"))["items"][::-1]
            if not await is_unfinished_demo(client, there, articles):
                return 0
            await write_missing(client, there, articles, secret=secret, progress=progress)
    except httpx.HTTPError as error:
        raise DemoError(f"The blog at {base_url} does not answer ({type(error).__name__}).") from error
    return len(articles) - len(there)


async def is_unfinished_demo(client: httpx.AsyncClient, there: list[JSON], articles: list[Article]) -> bool:
    """Whether the posts that are there, oldest first, are all that an interrupted fill left; no posts are, too."""
    begun = articles[: len(there)]
    if [(post["title"], post["author"]["display_name"]) for post in there] != [(a.title, a.author.name) for a in begun]:
        return False
    if not begun:
        return True
    counts, full_counts = [post["comment_count"] for post in there], [len(article.comments) for article in begun]
    is_finished = len(begun) == len(articles) and counts == full_counts
    if is_finished or counts[:-1] != full_counts[:-1]:
        return False
    thread = (await ask(client, "GET", f"/posts/{there[-1]['id']}/comments?limit={PAGE_LIMIT}"))["items"]
    planned = [(comment.author.name, comment.body) for comment in begun[-1].comments[: len(thread)]]
    return [(comment["author"]["display_name"], comment["body"]) for comment in thread] == planned


async def write_missing(
    client: httpx.AsyncClient, there: list[JSON], articles: list[Article], *, secret: str, progress: Progress | None
) -> None:
    """Write every article and comment that comes after the posts that are there."""
    authors = {article.author for article in articles} | {c.author for article in articles for c in article.comments}
    tokens = dict(await asyncio.gather(*(token_of(client, author, secret) for author in authors)))
    for done, (article, post) in enumerate(zip_longest(articles, there), start=1):
        if post is None:
            new = {"title": article.title, "body": article.body}
            post = await ask(client, "POST", "/posts", token=tokens[article.author], json=new) | {"comment_count": 0}
        for comment in article.comments[post["comment_count"] :]:
            path = f"/posts/{post['id']}/comments"
            await ask(client, "POST", path, token=tokens[comment.author], json={"body": comment.body})
        if progress:
            progress(done, len(articles))


async def token_of(client: httpx.AsyncClient, author: Author, secret: str) -> tuple[Author, str]:
    """The author with a token: of a new account under the author's name, or of the account that a first fill made."""
    account = {"email": author.email, "password": password(secret, author.email)}
    answer = await client.post("/auth/register", json=account)
    if answer.status_code == httpx.codes.CONFLICT:
        form = {"username": account["email"], "password": account["password"]}
        answer = await client.post("/auth/login", data=form)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise DemoError(
                f"{author.email} has an account with a password that is not this machine's, so no articles were added;"
                " empty the database to have them."
            )
    token = body_of(answer)["access_token"]
    await ask(client, "PATCH", "/users/me", token=token, json={"display_name": author.name})
    return author, token


async def ask(
    client: httpx.AsyncClient, method: str, path: str, *, token: str | None = None, json: JSON | None = None
) -> JSON:
    """Send one request and return the JSON of a good answer. Raises DemoError for any other."""
    headers = {"Authorization": f"Bearer {token}"} if token else None
    return body_of(await client.request(method, path, headers=headers, json=json))


def body_of(answer: httpx.Response) -> JSON:
    if not answer.is_success:
        request = answer.request
        raise DemoError(f"{request.method} {request.url} answered {answer.status_code}: {answer.text[:200]}")
    body: JSON = answer.json()
    return body
