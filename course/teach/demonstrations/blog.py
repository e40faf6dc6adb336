"""Module 6: a query for each row, a search, pages by key, a ladder, two servers, and passwords that are guessed."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from course.teach import plots
from course.teach.demonstrations import fresh
from course.teach.measure import in_turn
from course.teach.stage import PASSWORD, App, stage

Points = list[tuple[float, float]]

FAST: dict[str, Any] = {"BCRYPT_ROUNDS": 4}  # passwords are not the point here: hash them quickly
PATIENT = FAST | {"DATABASE_STATEMENT_SECONDS": 30, "DATABASE_REQUEST_SECONDS": 60}  # for queries that take too long
SIZES = (1, 5, 10, 20, 50, 100)
DEPTHS = (10, 100, 1_000, 10_000, 100_000, 999_900)
WATCHERS, GUESSES = 10, 12
POSTS = """
    INSERT INTO posts (author_id, title, body)
    SELECT min(users.id), 'Post ' || n, 'A post about nothing in particular.' FROM users, generate_series(1, 100) AS n
    GROUP BY n
"""
FILL = """
    INSERT INTO posts (author_id, title, body, created_at)
    SELECT (SELECT min(id) FROM users), 'Old post ' || n, 'A post about nothing in particular.',
           now() - n * interval '1 minute'
    FROM generate_series(1, $1 - (SELECT count(*) FROM posts)) AS n
"""
SEARCH_INDEX = "CREATE INDEX IF NOT EXISTS ix_posts_search ON posts USING gin (post_words(title, body))"
PLACES = """
import json, sys
from datetime import datetime
from app.database.pagination import Position, to_cursor
from app.models.post import EXCERPT_LENGTH
from app.routers.dependencies import PAGE_LIMIT_DEFAULT
cursors = [to_cursor(Position(datetime.fromisoformat(time), id)) for time, id in json.loads(sys.argv[1])]
print(json.dumps([cursors, EXCERPT_LENGTH, PAGE_LIMIT_DEFAULT]))
"""
LADDER = """
import asyncio, json, os
from bench.ladder import climb
from bench.measure import Plan
plan = Plan(rounds=3, seconds=1, connections=8, strict=False)
print(json.dumps(asyncio.run(climb(plan, os.environ["DATABASE_URL"]))))
"""


async def write_a_hundred_posts(app: App) -> None:
    """Let there be an author, and a hundred posts more."""
    await app.register(f"{fresh('author')}@example.com")
    await app.rows(POSTS)


async def statements_by_page_size(app: App) -> list[tuple[int, int]]:
    """How many statements a page of so many posts takes."""
    counts = []
    for size in SIZES:
        with app.statements() as sent:
            assert (await app.client.get(f"/posts?limit={size}")).status_code == 200
        counts.append((size, len(sent)))
    return counts


def plot_statements(wrong: Sequence[tuple[int, int]], right: Sequence[tuple[int, int]]) -> None:
    """The statements by the size of the page: one and one for each post with the bug, one without it."""
    plots.lines(
        f"A page of {SIZES[-1]} posts: {wrong[-1][1]} statements with N+1 queries,\n{right[-1][1]} without",
        {"N+1": wrong, "one statement": right},
        x="posts on the page",
        y="SQL statements for one request",
    )
    assert all(count == size + 1 for size, count in wrong), "one for the page, and one for each post"
    assert all(count == 1 for _, count in right), "one, however many posts"


async def milliseconds(app: App, path: str, times: int = 15) -> float:
    """The median time of so many requests, one after the other."""
    return statistics.median(await in_turn(lambda: app.client.get(path), times))


def plot_page_times(wrong: float, right: float) -> None:
    """What a page of a hundred posts takes. N+1 has to be slower, even without a network."""
    plots.bars(
        f"The same 100 posts: {wrong:.0f} ms with N+1 queries, {right:.0f} ms without",
        {"N+1": wrong, "one statement": right},
        x="ms for one request (median of 15), database on the same machine",
        write="{:,.0f} ms".format,
    )
    assert wrong > 2 * right, "N+1 is slower, even without a network"


async def fill(app: App, number: int) -> None:
    """Let there be so many posts: without the trigger, by which each row counts alone."""
    await app.rows("ALTER TABLE posts DISABLE TRIGGER count_in")
    await app.rows(FILL, number)
    await app.rows("UPDATE users SET post_count = (SELECT count(*) FROM posts WHERE author_id = users.id)")
    await app.rows("ALTER TABLE posts ENABLE TRIGGER count_in")


async def hide_a_zebra(app: App) -> None:
    """One post of a hundred thousand has the word zebra in it. The index is there, unless a million came before."""
    await app.rows(SEARCH_INDEX)
    await fill(app, 100_000)
    await app.rows("UPDATE posts SET body = 'Today I saw a zebra.' WHERE title = 'Old post 77777'")
    await app.rows("VACUUM ANALYZE posts")


async def search(app: App, times: int) -> tuple[float, Any]:
    """The median time of a search for it, in ms, and what was found."""
    took = await milliseconds(app, "/posts?q=zebra", times)
    return took, (await app.client.get("/posts?q=zebra")).json()["items"]


def plot_searches(wrong: tuple[float, Any], right: tuple[float, Any]) -> None:
    """What the search takes. Both have to find the same post, the index three times sooner."""
    plots.bars(
        f"One post of 100,000: {wrong[0]:,.0f} ms with ILIKE, {right[0]:,.0f} ms by the index",
        {"ILIKE '%zebra%'": wrong[0], "index of words": right[0]},
        x="ms for one request (median)",
        write="{:,.0f} ms".format,
    )
    assert wrong[1] == right[1] != [], "both find the same post"
    assert wrong[0] > 3 * right[0], "the index does not read what does not match"


async def fill_with_a_million(app: App) -> None:
    """A million posts, without the index of words: pages do not use it, and to keep it takes longer than the rest."""
    await app.rows("DROP INDEX IF EXISTS ix_posts_search")
    await fill(app, 1_000_000)
    await app.rows("VACUUM ANALYZE posts")


@dataclass(frozen=True)
class Place:
    """Where a page begins: its cursor, and the values that its statement then has."""

    cursor: str
    values: tuple[object, ...]


async def places(app: App) -> list[tuple[Place, Place]]:
    """For each depth, where the page behind it begins: by offset, by key. The stage's own code makes the cursors."""
    query = "SELECT created_at, id FROM posts ORDER BY created_at DESC, id DESC OFFSET $1 LIMIT 1"
    last_read = [(await app.rows(query, depth - 1))[0] for depth in DEPTHS]
    # By offset it says how many posts to skip, in the place of an id.
    positions = [(row["created_at"].isoformat(), number) for row, number in zip(last_read, DEPTHS, strict=True)]
    positions += [(row["created_at"].isoformat(), row["id"]) for row in last_read]
    cursors, excerpt, shown = json.loads(await app.python("-c", PLACES, json.dumps(positions)))
    columns = ("id", "display_name", excerpt)  # the keys of an author's JSON are parameters too
    rows = shown + 1  # the one more says whether there is a next page
    by_offset = [Place(cursor, (*columns, rows, depth)) for cursor, depth in zip(cursors, DEPTHS, strict=False)]
    by_key = [
        Place(cursor, (*columns, row["created_at"], row["id"], rows))
        for cursor, row in zip(cursors[len(DEPTHS) :], last_read, strict=True)
    ]
    return list(zip(by_offset, by_key, strict=True))


async def _page(app: App, cursor: str, times: int) -> tuple[Any, float]:
    """A page's posts, and the least that it took, in ms: what else the machine does only adds to it."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        answer = await app.client.get("/posts", params={"cursor": cursor})
        took.append((time.perf_counter() - start) * 1000)
    return answer.json()["items"], min(took)


async def page_times_by_depth(wrong: App, right: App, pages: Sequence[tuple[Place, Place]]) -> tuple[Points, Points]:
    """What the page behind so many posts takes, by offset and by key. Both have to show the same posts."""
    by_offset, by_key = [], []
    for depth, (offset, key) in zip(DEPTHS, pages, strict=True):
        posts, ms = await _page(right, key.cursor, 10)
        same_posts, more_ms = await _page(wrong, offset.cursor, 10 if depth <= 10_000 else 2)
        assert posts == same_posts, "both show the same posts"
        by_key.append((float(depth), ms))
        by_offset.append((float(depth), more_ms))
    return by_offset, by_key


def plot_page_times_by_depth(wrong: Points, right: Points) -> None:
    """The times by depth. By key the last page has to cost about what the first one does, by offset far more."""
    plots.lines(
        f"At depth {DEPTHS[-1]:,}: {wrong[-1][1]:,.0f} ms by offset, {right[-1][1]:,.0f} ms by key",
        {"offset": wrong, "key": right},
        x="posts before this page",
        y="ms for one page",
        logarithmic="xy",
    )
    assert right[-1][1] < 5 * right[0][1], "by key, the last page costs about what the first one costs"
    assert wrong[-1][1] > 5 * wrong[0][1], "by offset, it costs more the deeper it lies"
    assert wrong[-1][1] > 3 * right[-1][1]


async def plan(app: App, place: Place) -> None:
    """Show what PostgreSQL does for a page, by the statement that the server sends."""
    with app.statements() as sent:
        await app.client.get("/posts", params={"cursor": place.cursor})
    rows = await app.rows(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {sent[0]}", *place.values)
    sys.stdout.write("\n".join(row["QUERY PLAN"] for row in rows) + "\n")


async def shown_twice(app: App, writer: App, author: Mapping[str, str]) -> list[int]:
    """The posts that somebody sees twice who turns a page while an author writes one, at a server beside it."""

    async def page(**more: str) -> tuple[list[int], str]:
        answer = (await app.client.get("/posts", params={"limit": 3, **more})).json()
        return [item["id"] for item in answer["items"]], answer["next_cursor"]

    first, cursor = await page()
    new = {"title": "Written meanwhile", "body": "..."}
    (await writer.client.post("/posts", headers=dict(author), json=new)).raise_for_status()
    second, _ = await page(cursor=cursor)
    return sorted(set(first) & set(second))


async def climb(app: App) -> dict[str, float]:
    """Requests a second on each rung of the bench's ladder, as a share of those without any framework."""
    (_, limit), *rungs = json.loads(await app.python("-c", LADDER)).items()
    return {title.partition(") ")[2] or title: each / limit for title, each in rungs if "comparison" not in title}


def plot_ladder(shares: Mapping[str, float]) -> None:
    """Each rung's share. How much one step brings depends on the machine: only the whole has to bring something."""
    first, *_, capstone = shares
    times = shares[capstone] / shares[first]
    plots.bars(
        f"The blog answers {times:.1f} times as many requests\na second as the first version",
        shares,
        x="requests a second, as a share of those without any framework",
        write="{:.2f}".format,
        looks=[*[plots.NEITHER[1]] * (len(shares) - 1), plots.RIGHT],
    )
    assert times > 1, "the blog answers more than the first version on any machine"


async def replicas(bug: str = "") -> tuple[App, App]:
    """Two servers on one database, as behind a load balancer."""
    bugs = [bug] if bug else []
    one = await stage("06", bug=bugs, name="one", **FAST)
    shared = FAST | {"DATABASE_URL": one.database_url, "JWT_SECRET": one.jwt_secret}
    return one, await stage("06", bug=bugs, name="two", **shared)


async def who_hears(servers: tuple[App, App]) -> list[Any]:
    """A comment at the first server: what the watchers read who hear of it, of ten at each server."""
    one, _ = servers
    eva = await one.register(f"{fresh('eva')}@example.com")
    post = (await one.client.post("/posts", headers=eva, json={"title": "Watched", "body": "..."})).json()["id"]
    sockets = [await app.websocket(f"/ws/posts/{post}") for app in servers for _ in range(WATCHERS)]
    await one.client.post(f"/posts/{post}/comments", headers=eva, json={"body": "Who can read this?"})

    async def hears(socket: Any) -> Any:
        try:
            return json.loads(await asyncio.wait_for(socket.recv(), 2))
        except TimeoutError:
            return None

    events = await asyncio.gather(*(hears(socket) for socket in sockets))
    await asyncio.gather(*(socket.close() for socket in sockets))
    return [event for event in events if event]


def plot_hearers(wrong: Sequence[Any], right: Sequence[Any]) -> None:
    """How many hear. With a list in memory those of one server have to, without it all."""
    plots.bars(
        f"Two servers: {len(wrong)} of {2 * WATCHERS} watchers hear of a comment;\nby the database, all {len(right)}",
        {"a list in memory": len(wrong), "LISTEN and NOTIFY": len(right)},
        x=f"watchers that were told, of {WATCHERS} at each server",
    )
    assert (len(wrong), len(right)) == (WATCHERS, 2 * WATCHERS)


async def guess(servers: tuple[App, App]) -> list[httpx.Response]:
    """The answers to twelve wrong passwords, the servers taking turns, and then to the right one."""
    email = f"{fresh('guessed')}@example.com"
    await servers[0].register(email)
    answers = [await servers[number % 2].login(email, f"a wrong guess {number}") for number in range(GUESSES)]
    return [*answers, await servers[0].login(email, PASSWORD)]


def plot_guesses(wrong: Sequence[httpx.Response], right: Sequence[httpx.Response]) -> None:
    """The answers. After ten wrong passwords the right app has to refuse the next ones, whatever they are."""
    codes = {
        "counted in vain": [answer.status_code for answer in wrong],
        "counted": [answer.status_code for answer in right],
    }
    tried = sum(code != 429 for code in codes["counted in vain"])
    plots.statuses(
        f"Counted in vain: {tried} of {GUESSES + 1} passwords are looked at;\ncounted: 10 of {GUESSES + 1}",
        codes,
        columns=[*map(str, range(1, GUESSES + 1)), "right"],
        wrong=lambda name, column, status: column >= 10 and status != 429,
    )
    assert codes["counted"] == [400] * 10 + [429] * 3, "after ten, also the right one is refused"
    assert codes["counted in vain"] == [400] * 12 + [200]
